//! Messages on a pipe: JSON, each ended by a zero byte.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// The largest message that is taken, in bytes: a document that is escaped badly.
const LARGEST: usize = 64 << 20;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// A message.
    Whole(Vec<u8>),
    /// One that is too large, without its end; nothing of it is kept but its beginning.
    TooLarge(Vec<u8>),
}

/// Bytes of a message that is too large which are kept, to see what it was.
const BEGINNING: usize = 256;

/// The next message; None at the end.
pub(crate) async fn next(from: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<Message>> {
    next_of(from, LARGEST).await
}

async fn next_of(from: &mut (impl AsyncBufRead + Unpin), largest: usize) -> std::io::Result<Option<Message>> {
    let mut message = Vec::new();
    let mut is_too_large = false;
    loop {
        let there = from.fill_buf().await?;
        if there.is_empty() {
            return Ok(None);
        }
        let end = memchr::memchr(0, there);
        let piece = &there[..end.unwrap_or(there.len())];
        let used = piece.len() + usize::from(end.is_some());
        if !is_too_large && message.len() + piece.len() > largest {
            is_too_large = true;
            message.extend_from_slice(&piece[..piece.len().min(BEGINNING)]);
            message.truncate(BEGINNING);
            message.shrink_to_fit();
        } else if !is_too_large {
            message.extend_from_slice(piece);
        }
        from.consume(used);
        if end.is_some() {
            return Ok(Some(if is_too_large { Message::TooLarge(message) } else { Message::Whole(message) }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_end_with_a_zero_and_large_ones_are_stepped_over() {
        let mut bytes = &b"{}\0[1,2]\0{\"id\":7,\"result\":\"0123456789\"}\0{\"a\":1}\0torn"[..];
        let mut next = async || next_of(&mut bytes, 16).await.unwrap();
        assert_eq!(next().await, Some(Message::Whole(b"{}".into())));
        assert_eq!(next().await, Some(Message::Whole(b"[1,2]".into())));
        let Some(Message::TooLarge(beginning)) = next().await else { panic!("it is too large") };
        assert!(beginning.starts_with(b"{\"id\":7,"));
        assert_eq!(next().await, Some(Message::Whole(b"{\"a\":1}".into())));
        assert_eq!(next().await, None);
    }
}
