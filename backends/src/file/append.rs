//! Appending to one file, so that it always ends where a segment ends.

use bytes::Bytes;
use std::fs::File;
use std::io::{self, Write};

/// What is appended to; a file, or in tests a disk with faults.
pub(super) trait Medium {
    /// Appends all, or an unknown part and fails.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Cuts off what lies behind a length.
    fn cut(&mut self, len: u64) -> io::Result<()>;
    /// Returns when all of it would survive a power loss.
    fn sync(&mut self) -> io::Result<()>;
}

/// A file opened for appending.
impl Medium for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// A medium and the length up to which it is whole and lasting.
pub(super) struct Appender<M> {
    medium: M,
    len: u64,
    /// Something failed after which the medium's end is not known to be whole: no more of it.
    spoilt: bool,
}

impl<M: Medium> Appender<M> {
    /// Over an empty medium.
    pub(super) fn new(medium: M) -> Self {
        Appender { medium, len: 0, spoilt: false }
    }

    /// Bytes that are whole and lasting.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing can be appended any more.
    pub(super) fn is_spoilt(&self) -> bool {
        self.spoilt
    }

    /// Appends segments with one write each and one sync for all; returns where each one begins.
    /// What fails leaves no trace in the file.
    pub(super) fn append(&mut self, segments: &[&Bytes]) -> Vec<io::Result<u64>> {
        let mut end = self.len;
        let mut places: Vec<io::Result<u64>> = segments
            .iter()
            .map(|segment| {
                if self.spoilt {
                    return Err(io::Error::other("the file could not be cut back"));
                }
                match self.medium.append(segment) {
                    Ok(()) => {
                        let begin = end;
                        end += segment.len() as u64;
                        Ok(begin)
                    }
                    Err(e) => {
                        self.spoilt = self.medium.cut(end).is_err();
                        Err(e)
                    }
                }
            })
            .collect();
        if end == self.len {
            return places;
        }
        match self.medium.sync() {
            Ok(()) => self.len = end,
            Err(e) => {
                // After a failed sync nobody knows what is on the disk, nor would the next one tell.
                self.spoilt = true;
                for place in places.iter_mut().filter(|place| place.is_ok()) {
                    *place = Err(io::Error::new(e.kind(), e.to_string()));
                }
            }
        }
        if self.spoilt {
            // Best effort: what cannot be cut off here is cut off when the archive is opened again.
            let _ = self.medium.cut(self.len);
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    /// A disk of so many bytes that counts syncs, and may fail at them or at cutting.
    #[derive(Default)]
    struct Disk {
        bytes: Vec<u8>,
        room: usize,
        syncs: usize,
        sync_fails: bool,
        cut_fails: bool,
    }

    impl Medium for Disk {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            let fits = bytes.len().min(self.room - self.bytes.len());
            self.bytes.extend_from_slice(&bytes[..fits]);
            if fits < bytes.len() { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn cut(&mut self, len: u64) -> io::Result<()> {
            if self.cut_fails {
                return Err(ErrorKind::Other.into());
            }
            self.bytes.truncate(len as usize);
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            self.syncs += 1;
            if self.sync_fails { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
    }

    fn append(to: &mut Appender<Disk>, segments: &[&'static str]) -> Vec<Result<u64, ErrorKind>> {
        let segments: Vec<Bytes> = segments.iter().map(|s| Bytes::from_static(s.as_bytes())).collect();
        let segments: Vec<&Bytes> = segments.iter().collect();
        to.append(&segments).into_iter().map(|place| place.map_err(|e| e.kind())).collect()
    }

    #[test]
    fn several_segments_share_one_sync() {
        let mut file = Appender::new(Disk { room: 99, ..Disk::default() });
        assert_eq!(append(&mut file, &["abc", "", "de"]), [Ok(0), Ok(3), Ok(3)]);
        assert_eq!(append(&mut file, &["f"]), [Ok(5)]);
        assert_eq!((file.medium.syncs, file.len(), &file.medium.bytes[..]), (2, 6, &b"abcdef"[..]));
    }

    #[test]
    fn what_does_not_fit_leaves_no_trace_and_room_for_less() {
        let mut file = Appender::new(Disk { room: 7, ..Disk::default() });
        let full = ErrorKind::StorageFull;
        assert_eq!(append(&mut file, &["abcd", "efgh", "ij"]), [Ok(0), Err(full), Ok(4)]);
        assert_eq!((&file.medium.bytes[..], file.len(), file.is_spoilt()), (&b"abcdij"[..], 6, false));
        assert_eq!(append(&mut file, &["kl"]), [Err(full)]);
        file.medium.room = 99;
        assert_eq!(append(&mut file, &["kl"]), [Ok(6)]);
    }

    #[test]
    fn a_failed_sync_spoils_the_file_and_fails_all_that_it_was_for() {
        let mut file = Appender::new(Disk { room: 99, ..Disk::default() });
        assert_eq!(append(&mut file, &["abc"]), [Ok(0)]);
        file.medium.sync_fails = true;
        assert_eq!(append(&mut file, &["d", "e"]), [Err(ErrorKind::StorageFull); 2]);
        assert_eq!((&file.medium.bytes[..], file.len(), file.is_spoilt()), (&b"abc"[..], 3, true));
    }

    #[test]
    fn a_file_that_cannot_be_cut_back_takes_no_more() {
        let mut file = Appender::new(Disk { room: 5, cut_fails: true, ..Disk::default() });
        assert_eq!(
            append(&mut file, &["abc", "def", "g"]),
            [Ok(0), Err(ErrorKind::StorageFull), Err(ErrorKind::Other)]
        );
        assert_eq!((file.len(), file.is_spoilt()), (3, true));
    }
}
