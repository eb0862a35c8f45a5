//! The open connections, and which of them is closed when there are too many.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::presence::Presence;
use super::shares::{Party, Share, Shares};

/// The open connections. One address gets half of what is free.
pub(super) struct Connections {
    shares: Arc<Shares>,
    /// The oldest first.
    open: Mutex<Vec<Open>>,
}

struct Open {
    presence: Arc<Presence>,
    address: Option<IpAddr>,
    end: CancellationToken,
    _share: Share,
}

/// One of the open connections, until it is dropped.
pub(super) struct Admission {
    connections: Arc<Connections>,
    pub(super) presence: Arc<Presence>,
    /// Cancelled when another connection needs its place.
    pub(super) end: CancellationToken,
}

impl Connections {
    pub(super) fn new(size: usize) -> Arc<Self> {
        Arc::new(Self { shares: Shares::new(size, 0), open: Mutex::default() })
    }

    /// A place for a connection from this address; the address is `None` if it may take all places. If there
    /// is no place, the oldest connection of the address that has no request is closed.
    pub(super) fn admit(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Admission> {
        let parties: Vec<_> = address.map(Party::Address).into_iter().collect();
        let mut open = self.lock();
        let share = self.shares.try_take(&parties, 1).or_else(|| {
            let same = |known: &Open| address.is_none() || known.address == address;
            let idle = |known: &Open| !known.presence.is_answering();
            let oldest = open.iter().position(|known| idle(known) && same(known));
            let oldest =
                oldest.or_else(|| open.iter().position(|known| idle(known) && self.shares.is_empty()));
            open.remove(oldest?).end.cancel();
            self.shares.try_take(&parties, 1)
        })?;
        let (presence, end) = (Arc::<Presence>::default(), CancellationToken::new());
        open.push(Open { presence: Arc::clone(&presence), address, end: end.clone(), _share: share });
        Some(Admission { connections: Arc::clone(self), presence, end })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.connections.lock().retain(|open| !Arc::ptr_eq(&open.presence, &self.presence));
    }
}
