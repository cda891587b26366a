//! Names that never lead out: they are refused before anybody is asked what they resolve to.

/// Names by their last labels. Each also refuses itself.
const REFUSED_ENDINGS: [&str; 13] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "svc",
    "cluster.local",
    "metadata.goog",
];

/// Whether a name (in lower case, as the URL parser leaves it) is refused as such.
pub(super) fn is_refused(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    // Without a dot a search list would complete it to something of this network.
    let single_label = !name.contains('.');
    single_label || REFUSED_ENDINGS.iter().any(|ending| ends_with_labels(name, ending))
}

fn ends_with_labels(name: &str, ending: &str) -> bool {
    name.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_refused;

    #[test]
    fn names_of_this_network_are_refused() {
        for name in [
            "localhost",
            "localhost.",
            "a.localhost",
            "intranet",
            "printer.local",
            "metadata.google.internal",
            "metadata.goog",
            "db.default.svc",
            "db.default.svc.cluster.local",
            "db.default.svc.cluster.local.",
            "router.home.arpa",
            "",
            ".",
        ] {
            assert!(is_refused(name), "{name}");
        }
        for name in ["example.com", "example.com.", "mylocal.com", "local.example.com", "svc.io"] {
            assert!(!is_refused(name), "{name}");
        }
    }
}
