//! Lines of Markdown: indents, quotes, and the empty lines between blocks.

/// What separates a block from what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing: it goes on in the same line.
    None,
    /// A new line.
    Line,
    /// An empty line.
    Blank,
}

/// The text so far.
pub struct Out {
    text: String,
    /// What every line begins with.
    prefix: String,
    gap: Gap,
    /// How much of the prefix an empty line in the gap has.
    gap_prefix: usize,
    most: usize,
}

impl Out {
    pub fn new(most: usize) -> Self {
        Out { text: String::new(), prefix: String::new(), gap: Gap::None, gap_prefix: 0, most }
    }

    /// No room for more.
    pub fn is_full(&self) -> bool {
        self.text.len() >= self.most
    }

    /// What comes next is apart from what was before.
    pub fn gap(&mut self, gap: Gap) {
        if self.text.is_empty() || self.is_fresh() {
            return;
        }
        if self.gap == Gap::None {
            self.gap_prefix = self.prefix.len();
        }
        self.gap = self.gap.max(gap);
    }

    /// What comes next is in the next line, however far apart it was to be.
    pub fn close(&mut self) {
        self.gap = self.gap.min(Gap::Line);
    }

    /// Adds text to the line; it has no line breaks.
    pub fn put(&mut self, text: &str) {
        if text.is_empty() || self.is_full() {
            return;
        }
        match std::mem::replace(&mut self.gap, Gap::None) {
            Gap::None => {
                if self.text.is_empty() {
                    self.text.push_str(&self.prefix);
                }
            }
            Gap::Line => self.line(),
            Gap::Blank => {
                self.text.push('\n');
                self.text.push_str(self.prefix[..self.gap_prefix].trim_end());
                self.line();
            }
        }
        let room = self.most - self.text.len().min(self.most);
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
    }

    /// Adds lines.
    pub fn put_lines(&mut self, text: &str) {
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 && !self.is_full() {
                if line.is_empty() {
                    self.text.push('\n');
                    self.text.push_str(self.prefix.trim_end());
                } else {
                    self.line();
                }
            }
            self.put(line);
        }
    }

    /// Begins a piece whose lines begin with `prefix`, the first with `first`.
    pub fn enter(&mut self, first: &str, prefix: &str) {
        self.put(first);
        self.prefix.push_str(prefix);
    }

    /// Ends it.
    pub fn leave(&mut self, prefix: &str) {
        self.prefix.truncate(self.prefix.len() - prefix.len());
        self.gap_prefix = self.gap_prefix.min(self.prefix.len());
    }

    /// Only a list's mark stands in the line.
    fn is_fresh(&self) -> bool {
        let line = self.text.rsplit('\n').next().unwrap_or_default();
        self.gap == Gap::None && line.len() <= self.prefix.len() && is_mark(line)
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.push_str(&self.prefix);
    }

    pub fn finish(self) -> String {
        let lines: Vec<&str> = self.text.split('\n').collect();
        // Two spaces at the end of a line are a line break; nothing else is at the end of one.
        let trimmed = lines.iter().map(|line| {
            let kept = line.trim_end();
            if line.len() == kept.len() + 2 && !kept.is_empty() && !is_mark(kept) { *line } else { kept }
        });
        trimmed.collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
    }
}

/// Whether a line holds nothing but the marks of lists and quotes.
fn is_mark(line: &str) -> bool {
    line.split_ascii_whitespace().all(|word| {
        let number = word.trim_end_matches('.');
        matches!(word, "-" | ">") || (number.len() < word.len() && number.bytes().all(|b| b.is_ascii_digit()))
    })
}
