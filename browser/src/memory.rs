//! How much memory a process and all that came of it have of their own.

use std::collections::HashMap;
use std::fs;

/// Bytes of a page of memory. Linux has larger ones on some machines; there the bound is that much tighter.
const PAGE: u64 = 4096;

/// The bytes, without those that are shared with files and other processes. None where the system has no `/proc`.
pub(crate) fn of_family(root: u32) -> Option<u64> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").ok()?.filter_map(Result::ok) {
        if let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok())
            && let Some(parent) = parent(id)
        {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut bytes = 0;
    let mut family = vec![root];
    while let Some(id) = family.pop() {
        bytes += own(id).unwrap_or(0);
        family.extend(children.remove(&id).into_iter().flatten());
    }
    Some(bytes)
}

fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name may hold anything, parentheses too; behind the last one come the state and the parent.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn own(id: u32) -> Option<u64> {
    let statm = fs::read_to_string(format!("/proc/{id}/statm")).ok()?;
    let mut pages = statm.split_whitespace().skip(1).map(|word| word.parse::<u64>().ok());
    let (resident, shared) = (pages.next()??, pages.next()??);
    Some(resident.saturating_sub(shared) * PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_has_memory_of_its_own() {
        let bytes = of_family(std::process::id()).unwrap();
        assert!(bytes > 100 << 10 && bytes < 8 << 30, "{bytes}");
        assert_eq!(of_family(u32::MAX), Some(0));
    }
}
