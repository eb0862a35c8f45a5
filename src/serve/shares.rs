//! A limited number of units, shared so that one party cannot take them all.
//!
//! A party may take more only while it holds less than a multiple of what is free ("dynamic thresholds", Choudhury and
//! Hahne 1998). A party alone gets a half or two thirds, and each further one a smaller part of the rest.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// Who takes a share. One request belongs to several parties.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Party {
    /// A credential, by its name.
    Credential(Arc<str>),
    /// An address, or the /64 of an IPv6 address.
    Address(IpAddr),
}

impl Party {
    /// How many times what is free it may hold. A credential that is used at one address leaves some for another.
    fn multiple(&self) -> usize {
        match self {
            Self::Credential(_) => 2,
            Self::Address(_) => 1,
        }
    }
}

/// The units, and who holds them.
pub(super) struct Shares {
    /// How many may wait. A party has to leave room here, too.
    queue: usize,
    state: Mutex<State>,
}

struct State {
    free: usize,
    held: HashMap<Party, usize>,
    waiting: Vec<Waiting>,
}

struct Waiting {
    parties: Vec<Party>,
    sender: oneshot::Sender<Share>,
}

/// Units that are given back when this is dropped.
pub(super) struct Share {
    shares: Arc<Shares>,
    parties: Vec<Party>,
    units: usize,
}

impl Shares {
    pub(super) fn new(size: usize, queue: usize) -> Arc<Self> {
        let state = State { free: size, held: HashMap::new(), waiting: Vec::new() };
        Arc::new(Self { queue, state: Mutex::new(state) })
    }

    /// Takes units now, or none.
    pub(super) fn try_take(self: &Arc<Self>, parties: &[Party], units: usize) -> Option<Share> {
        let mut state = self.lock();
        state.fits(parties, units).then(|| self.share(&mut state, parties, units))
    }

    /// Takes one unit, waiting for a while if needed. Those that hold least come first; a party that has many waiting
    /// already is refused at once.
    pub(super) async fn take(self: &Arc<Self>, parties: &[Party], within: Duration) -> Option<Share> {
        let receiver = {
            let mut state = self.lock();
            if state.fits(parties, 1) {
                return Some(self.share(&mut state, parties, 1));
            }
            state.waiting.retain(|waiting| !waiting.sender.is_closed());
            let belongs = |waiting: &&Waiting| waiting.parties.iter().any(|party| parties.contains(party));
            let own = state.waiting.iter().filter(belongs).count();
            if own + state.waiting.len() >= self.queue {
                return None;
            }
            let (sender, receiver) = oneshot::channel();
            state.waiting.push(Waiting { parties: parties.to_vec(), sender });
            receiver
        };
        tokio::time::timeout(within, receiver).await.ok()?.ok()
    }

    /// Whether nothing is free.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().free == 0
    }

    fn share(self: &Arc<Self>, state: &mut State, parties: &[Party], units: usize) -> Share {
        state.free -= units;
        for party in parties {
            *state.held.entry(party.clone()).or_default() += units;
        }
        Share { shares: Arc::clone(self), parties: parties.to_vec(), units }
    }

    /// Gives free units to those who wait. A share whose caller has gone is returned.
    fn hand_out(self: &Arc<Self>, state: &mut State) -> Option<Share> {
        loop {
            let fitting =
                state.waiting.iter().enumerate().filter(|(_, waiting)| state.fits(&waiting.parties, 1));
            let (next, _) = fitting.min_by_key(|(_, waiting)| state.held_by(&waiting.parties))?;
            let Waiting { parties, sender } = state.waiting.remove(next);
            let share = self.share(state, &parties, 1);
            if let Err(unwanted) = sender.send(share) {
                return Some(unwanted);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fits(&self, parties: &[Party], units: usize) -> bool {
        let held = |party: &Party| self.held.get(party).copied().unwrap_or_default();
        units <= self.free && parties.iter().all(|party| held(party) + units <= party.multiple() * self.free)
    }

    fn held_by(&self, parties: &[Party]) -> usize {
        parties.iter().filter_map(|party| self.held.get(party)).copied().max().unwrap_or_default()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Dropped after the lock is released, as dropping it locks again.
        let _unwanted = {
            let mut state = self.shares.lock();
            state.free += self.units;
            for party in &self.parties {
                if let Some(held) = state.held.get_mut(party) {
                    *held -= self.units;
                }
            }
            state.held.retain(|_, held| *held > 0);
            self.shares.hand_out(&mut state)
        };
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinHandle;

    use super::*;

    fn credential(name: &str) -> [Party; 1] {
        [Party::Credential(name.into())]
    }

    fn fill(shares: &Arc<Shares>, parties: &[Party]) -> Vec<Share> {
        std::iter::from_fn(|| shares.try_take(parties, 1)).collect()
    }

    fn wait(shares: &Arc<Shares>, parties: [Party; 1]) -> JoinHandle<Option<Share>> {
        let shares = Arc::clone(shares);
        tokio::spawn(async move { shares.take(&parties, Duration::from_secs(5)).await })
    }

    #[test]
    fn five_greedy_parties_leave_some_for_the_next_one() {
        let shares = Shares::new(64, 0);
        let at =
            |last: u8| [Party::Credential(last.to_string().into()), Party::Address([127, 0, 0, last].into())];
        let held: Vec<_> = (1..6).map(|number| fill(&shares, &at(number))).collect();
        assert_eq!(held.iter().map(Vec::len).collect::<Vec<_>>(), [32, 16, 8, 4, 2]);
        assert!(shares.try_take(&at(6), 1).is_some());
        drop(held);
        assert_eq!(shares.lock().free, 64);
        assert_eq!(fill(&Shares::new(1, 0), &at(1)).len(), 1);
    }

    #[test]
    fn an_address_leaves_some_of_its_credential_to_another_address() {
        let shares = Shares::new(64, 0);
        let at = |last| [Party::Credential("a".into()), Party::Address(IpAddr::from([127, 0, 0, last]))];
        let first = fill(&shares, &at(1));
        assert_eq!((first.len(), fill(&shares, &at(2)).len()), (32, 11));
    }

    #[tokio::test]
    async fn who_holds_least_comes_first_and_who_gave_up_holds_nothing() {
        let shares = Shares::new(3, 3);
        let busy = credential("busy");
        let mut held = fill(&shares, &busy);
        let third = fill(&shares, &credential("third"));
        assert_eq!((held.len(), third.len()), (2, 1));
        let gave_up = wait(&shares, credential("gone"));
        tokio::task::yield_now().await;
        gave_up.abort();
        assert!(gave_up.await.is_err());
        let (later, sooner) = (wait(&shares, busy), wait(&shares, credential("idle")));
        tokio::task::yield_now().await;
        held.pop();
        let sooner = sooner.await.unwrap().unwrap();
        assert!(!later.is_finished());
        drop((held, third, sooner));
        drop(later.await.unwrap().unwrap());
        assert_eq!(shares.lock().free, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_and_a_party_cannot_fill_the_queue() {
        let shares = Shares::new(4, 4);
        let busy = credential("busy");
        let _held = fill(&shares, &busy);
        let _others = fill(&shares, &credential("other"));
        let all: Vec<_> = (0..4).map(|_| wait(&shares, busy.clone())).collect();
        tokio::task::yield_now().await;
        let finished = all.iter().filter(|wait| wait.is_finished()).count();
        assert_eq!(finished, 2);
        assert!(wait(&shares, credential("late")).await.unwrap().is_none());
    }
}
