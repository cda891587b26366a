//! Names that are no setting: which was meant, and which are not ours.

/// How alike the nearest name must be to be suggested, from 0 to 1.
const ALIKE: f64 = 0.7;

/// What a message about an unknown name says: the nearest right one, or where all are.
pub(super) fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let alike = |known: &str| strsim::jaro_winkler(name, known);
    match known.max_by(|a, b| alike(a).total_cmp(&alike(b))).filter(|nearest| alike(nearest) >= ALIKE) {
        Some(nearest) => format!("no setting is called this; is `{nearest}` meant?"),
        None => "no setting is called this; docs/harvestman.toml has all of them".into(),
    }
}

/// Whether a variable is one that Kubernetes puts into every container for a Service whose name
/// begins with `harvestman-`: `HARVESTMAN_API_SERVICE_HOST`, `HARVESTMAN_API_PORT_8080_TCP_ADDR`.
pub(super) fn is_service_link(name: &str) -> bool {
    name.ends_with("_service_host")
        || name.contains("_service_port")
        || name.ends_with("_port")
        || name.split_once("_port_").is_some_and(|(_, rest)| rest.contains("_tcp") || rest.contains("_udp"))
}
