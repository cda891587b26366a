//! Server-Sent Events, as the HTML standard reads them.

use anyhow::{Context, bail};
use reqwest::Response;

/// The longest event, in bytes.
const LONGEST: usize = 1 << 20;

/// An event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Its lines of data.
    pub data: String,
}

/// Events of an answer that goes on.
pub struct Events {
    response: Response,
    reader: Reader,
}

impl Events {
    /// The events of this answer.
    pub fn of(response: Response) -> Self {
        Events { response, reader: Reader::default() }
    }

    /// The next event; None: the server ended.
    ///
    /// # Errors
    /// If the connection broke off, or an event is too long.
    pub async fn next(&mut self) -> anyhow::Result<Option<Event>> {
        loop {
            if let Some(event) = self.reader.next()? {
                return Ok(Some(event));
            }
            match self.response.chunk().await.context("the connection broke off")? {
                Some(piece) => self.reader.bytes.extend_from_slice(&piece),
                None => return Ok(None),
            }
        }
    }
}

/// Bytes that came, and the event that they are part of.
#[derive(Default)]
struct Reader {
    bytes: Vec<u8>,
    event: Event,
    has_data: bool,
}

impl Reader {
    /// The next whole event.
    fn next(&mut self) -> anyhow::Result<Option<Event>> {
        while let Some(at) = self.bytes.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=at).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                if std::mem::take(&mut self.has_data) {
                    return Ok(Some(event));
                }
                continue;
            }
            self.line(line);
        }
        if self.bytes.len() + self.event.data.len() > LONGEST {
            bail!("an event is longer than {LONGEST} bytes");
        }
        Ok(None)
    }

    fn line(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.event.id = Some(value.to_owned()),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_however_they_are_cut() {
        let text = ":\n\nevent: run\nid: 1-a\ndata: {\"a\":\ndata: 1}\r\n\r\n: heart\n\nid: 2\n\ndata:x\n\ndata: cut";
        for piece in 1..text.len() {
            let mut reader = Reader::default();
            let mut found = Vec::new();
            for bytes in text.as_bytes().chunks(piece) {
                reader.bytes.extend_from_slice(bytes);
                while let Some(event) = reader.next().unwrap() {
                    found.push(event);
                }
            }
            let event = |id: Option<&str>, data: &str| Event { id: id.map(str::to_owned), data: data.into() };
            assert_eq!(found, [event(Some("1-a"), "{\"a\":\n1}"), event(None, "x")], "{piece}");
        }
    }

    #[test]
    fn what_never_ends_is_refused() {
        let mut reader = Reader { bytes: vec![b'x'; LONGEST + 1], ..Reader::default() };
        assert!(reader.next().is_err());
    }
}
