//! A throwaway Postgres from the installed programs: its own folder, its own port, no password. It is gone
//! when it is dropped, and also when the test's process is killed: a watcher waits for the end of a pipe.

use crate::tls::Identity;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable that names a server to use instead, a `postgres://` URL of a user who may create databases.
/// What stops or kills the server needs the own one.
pub const VARIABLE: &str = "HARVESTMAN_TEST_POSTGRES";

/// The user of the own server, who may do everything.
const USER: &str = "harvestman";

/// Where distributions put the programs of a server, which are seldom in the PATH.
const PLACES: [(&str, &str); 2] = [("/usr/lib/postgresql", "bin"), ("/usr", "pgsql/bin")];

/// For speed, what only the loss of power would need is off. A commit survives the death of the server.
const SETTINGS: &str = "-c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c shared_buffers=64MB \
     -c max_connections=200 -c logging_collector=off -c autovacuum_naptime=5s";

/// A running server.
pub struct Postgres {
    /// Up to the name of the database: `postgres://USER@HOST:PORT`.
    base: String,
    /// After the name of the database: nothing, or `?` and parameters.
    rest: String,
    /// None: it is somebody else's.
    own: Option<Own>,
    databases: AtomicU64,
}

struct Own {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// Further settings.
    settings: &'static str,
    /// Ends the server and removes its folder at the end of its input.
    watcher: Child,
}

/// How the server ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Connections are closed, then it ends.
    Fast,
    /// At once; it recovers when it begins again.
    Immediate,
}

impl Postgres {
    /// Starts a server, or takes the one that the environment names.
    ///
    /// # Panics
    /// Where no server can be had; says what to install.
    pub fn start() -> Self {
        match std::env::var(VARIABLE) {
            Ok(url) => Postgres::elsewhere(&url),
            Err(_) => Postgres::own_server(None),
        }
    }

    /// Starts a server of its own that also speaks TLS, and shows this.
    ///
    /// # Panics
    /// Where no server can be had.
    pub fn start_tls(identity: &Identity) -> Self {
        Postgres::own_server(Some(identity))
    }

    fn own_server(identity: Option<&Identity>) -> Self {
        let programs = programs().unwrap_or_else(|| {
            panic!(
                "the programs of a Postgres server are missing: install them (`make setup`, or `apt-get install \
                 postgresql`), or name a server by {VARIABLE}=postgres://USER:PASSWORD@HOST/DATABASE"
            )
        });
        let folder = PathBuf::from(run(&["mktemp", "-d", "/tmp/harvestman-postgres-XXXXXX"]));
        let watcher = watch(&folder);
        let initdb = [
            &*text(&programs.join("initdb")),
            "-D",
            &text(&folder.join("data")),
            "-U",
            USER,
            "--auth=trust",
            "--no-sync",
            "--no-instructions",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ];
        run(&initdb);
        let port = super::free_port().unwrap_or_else(|cause| panic!("{cause}"));
        let settings = identity.map_or("", |identity| {
            show(identity, &folder.join("data"));
            "-c ssl=on"
        });
        let own = Own { programs, folder, port, settings, watcher };
        own.start();
        Postgres {
            base: format!("postgres://{USER}@127.0.0.1:{port}"),
            rest: String::new(),
            own: Some(own),
            databases: AtomicU64::new(0),
        }
    }

    fn elsewhere(url: &str) -> Self {
        let (front, rest) =
            url.split_once('?').map_or((url, String::new()), |(front, rest)| (front, format!("?{rest}")));
        let base = match front.strip_prefix("postgres://").and_then(|address| address.split_once('/')) {
            Some((address, _)) => format!("postgres://{address}"),
            None => front.to_owned(),
        };
        Postgres { base, rest, own: None, databases: AtomicU64::new(0) }
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}{}", self.base, self.rest)
    }

    /// Makes an empty database; returns its name.
    pub fn create(&self) -> String {
        self.create_like("template0")
    }

    /// Makes a database with all that is in another one, to which nobody may be connected; returns its name.
    pub fn create_like(&self, template: &str) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("t_{}_{number}", std::process::id());
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        name
    }

    /// Removes a database, whoever is connected to it.
    pub fn remove(&self, database: &str) {
        self.sql("postgres", &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"));
    }

    /// Runs a statement as a superuser; returns what `psql` prints, a line a row.
    ///
    /// # Panics
    /// Where the statement fails.
    pub fn sql(&self, database: &str, statement: &str) -> String {
        run(&self.psql(database, statement).each_ref().map(String::as_str))
    }

    /// The same for a statement that may fail; whether it did not.
    pub fn try_sql(&self, database: &str, statement: &str) -> bool {
        let mut process = as_user(&self.psql(database, statement).each_ref().map(String::as_str));
        process.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        process.status().is_ok_and(|status| status.success())
    }

    fn psql(&self, database: &str, statement: &str) -> [String; 7] {
        let psql = match &self.own {
            Some(own) => text(&own.programs.join("psql")),
            None => "psql".to_owned(),
        };
        let url = self.url(database);
        [&psql, &url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement].map(str::to_owned)
    }

    /// The port of the own server on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.own().port
    }

    /// The folder with the own server's data and its log.
    pub fn folder(&self) -> &Path {
        &self.own().folder
    }

    /// Stops the server in some way; returns when it has ended.
    pub fn stop(&self, how: Stop) {
        let how = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        self.own().pg_ctl(&["-m", how, "stop"]);
    }

    /// Starts a server that was stopped or killed; returns when it takes connections.
    pub fn resume(&self) {
        self.own().start();
    }

    /// Stops and starts.
    pub fn restart(&self, how: Stop) {
        self.stop(how);
        self.resume();
    }

    /// Kills the server with SIGKILL; returns when all its processes are gone.
    pub fn kill(&self) {
        let own = self.own();
        let all = own.processes();
        signal("KILL", &all[..1]);
        while all.iter().any(|pid| Path::new(&format!("/proc/{pid}")).exists()) {
            std::thread::yield_now();
        }
    }

    /// Lets all its processes stand still, as a machine that is overloaded: connections hang.
    pub fn freeze(&self) {
        signal("STOP", &self.own().processes());
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        signal("CONT", &self.own().processes());
    }

    /// Ends all connections to a database but the one that does so.
    pub fn terminate(&self, database: &str) {
        let statement =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        self.sql("postgres", &statement);
    }

    fn own(&self) -> &Own {
        let own = self.own.as_ref();
        own.unwrap_or_else(|| panic!("this test needs its own Postgres; it cannot use that of {VARIABLE}"))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            // The end of its input.
            drop(own.watcher.stdin.take());
            let _ = own.watcher.wait();
        }
    }
}

impl Own {
    fn start(&self) {
        let settings = format!(
            "-p {} -c unix_socket_directories={} {SETTINGS} {}",
            self.port,
            text(&self.folder),
            self.settings
        );
        self.pg_ctl(&["-w", "-t", "60", "-l", &text(&self.folder.join("log")), "-o", &settings, "start"]);
    }

    fn pg_ctl(&self, arguments: &[&str]) {
        let (pg_ctl, data) = (text(&self.programs.join("pg_ctl")), text(&self.folder.join("data")));
        run(&[&[&*pg_ctl, "-s", "-D", &data], arguments].concat());
    }

    /// The server's process, and those that it has begun.
    fn processes(&self) -> Vec<u32> {
        let file = self.folder.join("data/postmaster.pid");
        let pid = std::fs::read_to_string(&file).ok().and_then(|text| text.lines().next()?.parse().ok());
        let server: u32 = pid.unwrap_or_else(|| panic!("{} names no process", file.display()));
        let mut all = vec![server];
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        all.extend(entries.filter_map(|entry| -> Option<u32> {
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let parent = stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse::<u32>().ok()?;
            entry.file_name().to_str()?.parse().ok().filter(|_| parent == server)
        }));
        all
    }
}

/// The folder with `initdb`, of the newest version.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).find_map(|folder| {
        // Where it is a link, its neighbours are where it leads.
        let program = folder.join("initdb").canonicalize().ok()?;
        program.parent().filter(|folder| folder.join("psql").exists()).map(Path::to_owned)
    });
    in_path.or_else(|| {
        let mut found = Vec::new();
        for (place, bin) in PLACES {
            for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
                let version = entry.file_name().to_string_lossy().parse::<u32>().unwrap_or(0);
                found.push((version, entry.path().join(bin)));
            }
        }
        found.retain(|(_, folder)| folder.join("initdb").exists());
        found.into_iter().max().map(|(_, folder)| folder)
    })
}

/// Writes what a server shows into its folder, under the usual names. Its key must be readable for it alone.
fn show(identity: &Identity, data: &Path) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let owner = std::fs::metadata(data).expect("the data folder is there");
    for (name, text) in
        [("server.crt", identity.certificate_pem().to_owned()), ("server.key", identity.key_pem())]
    {
        let path = data.join(name);
        std::fs::write(&path, text).expect("a file in the data folder");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("a file of our own");
        chown(&path, Some(owner.uid()), Some(owner.gid())).expect("a file of our own");
    }
}

/// Waits, and at the end of its input kills the server of a folder and removes the folder.
fn watch(folder: &Path) -> Child {
    const SCRIPT: &str = r#"trap '' INT TERM HUP; read -r _; pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null)
        if [ -n "$pid" ]; then kill -CONT "$pid"; kill -KILL "$pid"; fi; rm -rf "$0""#;
    let mut command = as_user(&["sh", "-c", SCRIPT, &text(folder)]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|cause| panic!("a shell does not begin: {cause}"))
}

/// A command as a user that Postgres runs for: not as root.
fn as_user(command: &[&str]) -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| {
        use std::os::unix::fs::MetadataExt;
        own.uid() == 0
    });
    let words: Vec<&str> = match is_root {
        true => ["runuser", "-u", "postgres", "--"].iter().chain(command).copied().collect(),
        false => command.to_vec(),
    };
    let mut all = Command::new(words[0]);
    // A folder that every user may be in.
    all.args(&words[1..]).current_dir("/");
    all
}

/// Runs a command to its end; what it printed, without the last line's end.
fn run(command: &[&str]) -> String {
    let mut process = as_user(command);
    process.stdin(Stdio::null()).stderr(Stdio::inherit()).stdout(Stdio::piped());
    let output = process.output().unwrap_or_else(|cause| panic!("{}: {cause}", command[0]));
    assert!(output.status.success(), "{command:?} failed: {}", output.status);
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn signal(name: &str, pids: &[u32]) {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    // One that has just ended is no failure.
    let _ = Command::new("kill").arg(format!("-{name}")).args(pids).stderr(Stdio::null()).status();
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
