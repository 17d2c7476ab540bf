//! One frame for many sockets.

use bytes::Bytes;
use protocol::decode::Encoding;
use protocol::frame::ServerFrame;

use super::codec::framed;

/// Made at most once for each encoding that somebody wants.
pub struct Shared<'f> {
    frame: &'f ServerFrame,
    made: [Option<Bytes>; 2],
}

impl<'f> Shared<'f> {
    pub fn new(frame: &'f ServerFrame) -> Self {
        Self { frame, made: [None, None] }
    }

    pub fn bytes(&mut self, encoding: Encoding) -> &Bytes {
        let place = usize::from(encoding == Encoding::Json);
        self.made[place].get_or_insert_with(|| framed(encoding, self.frame))
    }
}
