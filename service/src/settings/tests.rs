use super::*;
use crate::telemetry::LogFormat;
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stage {
    leases: u32,
    ratio: f64,
    key: String,
    open: bool,
}

fn stage() -> Stage {
    Stage { leases: 64, ratio: 0.5, key: String::new(), open: false }
}

fn load(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Settings<Stage>, BadSetting> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("harvestman.toml");
    if let Some(text) = file {
        std::fs::write(&path, text).unwrap();
    }
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::load("worker", &stage(), file.map(|_| &*path), variables)
}

fn refused(file: Option<&str>, variables: &[(&str, &str)]) -> String {
    load(file, variables).unwrap_err().to_string()
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    assert_eq!(load(None, &[("PATH", "/bin")]).unwrap().stage, stage());
    let file = "log_format = \"json\"\nallow = \"a, b\"\n[worker]\nleases = 5\nratio = 1\n[parser]\nx = 1\n";
    let settings = load(Some(file), &[("HARVESTMAN_WORKER_LEASES", "7"), ("HARVESTMAN_ALLOW", "c")]).unwrap();
    assert_eq!(settings.stage, Stage { leases: 7, ratio: 1.0, ..stage() });
    assert_eq!(settings.common.log_format, LogFormat::Json);
    assert_eq!(settings.common.allow_list::<String>().unwrap(), ["c"]);
}

#[test]
fn the_environment_may_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    std::fs::write(&path, "[worker]\nopen = true\n").unwrap();
    let variables = [("HARVESTMAN_CONFIG".to_owned(), path.display().to_string())];
    assert!(Settings::load("worker", &stage(), None, variables.into_iter()).unwrap().stage.open);
    let said = refused(None, &[("HARVESTMAN_CONFIG", "/nowhere/x.toml")]);
    assert!(said.starts_with("HARVESTMAN_CONFIG: cannot read /nowhere/x.toml"), "{said}");
}

#[test]
fn unknown_names_are_refused_with_the_nearest_right_one() {
    let said = refused(None, &[("HARVESTMAN_STOER", "x")]);
    assert_eq!(said, "HARVESTMAN_STOER: no setting is called this; is `store` meant?");
    let said = refused(None, &[("HARVESTMAN_WORKER_LEASE", "x")]);
    assert!(said.contains("`worker_leases`"), "{said}");
    let said = refused(Some("[worker]\nlease = 1"), &[]);
    assert!(said.contains("worker.lease: ") && said.contains("`leases`"), "{said}");
    let said = refused(Some("log_fromat = \"json\""), &[]);
    assert!(said.contains("`log_format`"), "{said}");
    let said = refused(Some("[wroker]\nleases = 1"), &[]);
    assert!(said.contains("wroker: no setting"), "{said}");
}

#[test]
fn what_belongs_to_others_is_left_to_them() {
    let others = [
        ("HARVESTMAN_DISPATCHER_MAX_OFFERED", "x"),
        ("HARVESTMAN_API_SERVICE_HOST", "10.0.0.1"),
        ("HARVESTMAN_WORKER_PORT_9090_TCP", "tcp://10.0.0.1:9090"),
        ("HARVESTMAN_WORKER_PORT", "tcp://10.0.0.1:9090"),
        ("HARVESTMAN_TEST_S3", "s3://x"),
    ];
    load(None, &others).unwrap();
}

#[test]
fn values_that_do_not_fit_are_refused_by_name() {
    for (name, value, why) in [
        ("HARVESTMAN_WORKER_LEASES", "many", "type integer"),
        ("HARVESTMAN_WORKER_LEASES", "-1", "invalid value"),
        ("HARVESTMAN_WORKER_OPEN", "yes", "type boolean"),
        ("HARVESTMAN_STORE", "db.sqlite", "it is a URL"),
        ("HARVESTMAN_ADMIN_LISTEN", "localhost", "ADDRESS:PORT"),
        ("HARVESTMAN_LOG_LEVEL", "a=b=c", ""),
        ("HARVESTMAN_LOG_FORMAT", "xml", "unknown variant"),
        ("HARVESTMAN_DRAIN_SECONDS", "", "type integer"),
    ] {
        let said = refused(None, &[(name, value)]);
        assert!(said.starts_with(&format!("{name}: ")) && said.contains(why), "{said}");
    }
    let said = refused(Some("[worker]\nleases = \"5\""), &[]);
    assert!(said.contains("worker.leases: it is of type integer, not string"), "{said}");
    assert!(refused(Some("store = "), &[]).contains("harvestman.toml"));
}

#[test]
fn a_secret_can_be_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "hush\n").unwrap();
    let path = path.to_str().unwrap();
    let settings = load(None, &[("HARVESTMAN_WORKER_KEY_FILE", path)]).unwrap();
    assert_eq!(settings.stage.key, "hush");
    assert_eq!(load(Some(&format!("[worker]\nkey_file = \"{path}\"")), &[]).unwrap().stage.key, "hush");
    let said = refused(None, &[("HARVESTMAN_STORE_FILE", "/nowhere")]);
    assert!(said.starts_with("HARVESTMAN_STORE_FILE: cannot read /nowhere"), "{said}");
}

#[test]
fn what_is_shown_can_be_given_again_and_tells_no_secret() {
    let secret = [
        ("HARVESTMAN_STORE", "postgres://me:secret@db/x?sslmode=require"),
        ("HARVESTMAN_QUEUE", "amqp://u@mq/v?password=secret"),
        ("HARVESTMAN_WORKER_KEY", "secret"),
    ];
    let shown = load(None, &secret).unwrap().show("worker");
    assert!(!shown.contains("secret") && shown.contains("postgres://me:hidden@db/x"), "{shown}");
    let plain = load(None, &[]).unwrap();
    assert_eq!(load(Some(&plain.show("worker")), &[]).unwrap(), plain);
}

#[test]
fn a_sample_holds_every_setting_with_its_default() {
    let plain = load(None, &[]).unwrap().show("worker");
    is_sample("worker", &stage(), &plain).unwrap();
    let less = plain.replace("leases = 64\n", "");
    assert!(is_sample("worker", &stage(), &less).unwrap_err().to_string().contains("`leases = 64`"));
    let more = plain.replace("leases = 64\n", "leases = 64\nlesses = 1\n");
    assert!(is_sample("worker", &stage(), &more).unwrap_err().to_string().contains("no `lesses`"));
    let other = plain.replace("leases = 64\n", "leases = 65\n");
    assert!(is_sample("worker", &stage(), &other).is_err());
}
