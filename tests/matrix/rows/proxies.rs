use crate::peer::Peer;

pub(crate) fn peers() -> Vec<Peer> {
    Vec::new()
}
