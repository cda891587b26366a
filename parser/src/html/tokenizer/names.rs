//! Names of elements and attributes as atoms, of which a page uses few, again and again.

use html5ever::LocalName;

const SLOTS: usize = 128;

/// The atoms made last, each in the one slot where it may stand.
pub struct Names([LocalName; SLOTS]);

impl Default for Names {
    fn default() -> Self {
        Names(std::array::from_fn(|_| LocalName::default()))
    }
}

impl Names {
    /// The atom of a name as it stands in the page.
    pub fn get(&mut self, name: &str) -> LocalName {
        if name.bytes().any(|byte| byte.is_ascii_uppercase() || byte == 0) {
            return self.atom(&name.to_ascii_lowercase().replace('\0', "\u{fffd}"));
        }
        self.atom(name)
    }

    fn atom(&mut self, name: &str) -> LocalName {
        let [first, middle, last] = [0, name.len() / 2, name.len().saturating_sub(1)]
            .map(|at| name.as_bytes().get(at).copied().map_or(0, usize::from));
        let mixed = name.len() * 37 + first * 5 + middle * 11 + last * 3;
        let slot = &mut self.0[mixed % SLOTS];
        if **slot != *name {
            *slot = LocalName::from(name);
        }
        slot.clone()
    }
}
