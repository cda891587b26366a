//! A RabbitMQ of our own: one node, its own `epmd`, everything in one folder.

use super::free_port;
use super::group::{Group, signal};
use super::http::Api;
use crate::tls::Identity;
use parking_lot::Mutex;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// How long a node may take to start.
const START: Duration = Duration::from_secs(90);
/// Where Debian puts it.
const INSTALLED: &str = "/usr/lib/rabbitmq/lib";

/// A broker for tests.
pub struct RabbitMq {
    api: Api,
    /// `user:password@host:port`.
    authority: String,
    /// None: somebody else's broker.
    node: Option<Node>,
    /// Made so far; a wiped broker gets them again, as an operator's definitions would do it.
    vhosts: Mutex<Vec<String>>,
}

/// What only a node of our own has.
struct Node {
    folder: TempDir,
    home: PathBuf,
    ports: Ports,
    running: Mutex<Option<Child>>,
    // Last: what is in it ends before the folder goes.
    group: Group,
}

struct Ports {
    amqp: u16,
    tls: u16,
    api: u16,
    distribution: u16,
    epmd: u16,
}

impl RabbitMq {
    /// The one broker that the tests of this process share, each with a virtual host of its own: the
    /// one at `HARVESTMAN_TEST_AMQP` (`amqp://USER:PASSWORD@HOST:PORT`, its management API ten
    /// thousand ports higher), or a new one.
    ///
    /// # Panics
    /// If there is none.
    pub async fn shared() -> &'static RabbitMq {
        static SHARED: OnceCell<RabbitMq> = OnceCell::const_new();
        SHARED
            .get_or_init(async || match std::env::var("HARVESTMAN_TEST_AMQP") {
                Ok(url) => Self::at(&url).expect("HARVESTMAN_TEST_AMQP is amqp://USER:PASSWORD@HOST:PORT"),
                Err(_) => Self::start().await,
            })
            .await
    }

    fn at(url: &str) -> Option<RabbitMq> {
        let authority = url.strip_prefix("amqp://")?.trim_end_matches('/').to_owned();
        let (user, address) = authority.rsplit_once('@')?;
        let (host, port) = address.rsplit_once(':')?;
        let api = u16::checked_add(port.parse().ok()?, 10_000)?;
        let api = Api { address: format!("{host}:{api}"), user: user.to_owned() };
        Some(RabbitMq { api, authority, node: None, vhosts: Mutex::default() })
    }

    /// A new broker of its own, for tests that kill it.
    ///
    /// # Panics
    /// If RabbitMQ is not installed, or does not start.
    pub async fn start() -> RabbitMq {
        Self::start_with("").await
    }

    /// The same, with further lines in its `rabbitmq.conf`.
    ///
    /// # Panics
    /// If RabbitMQ is not installed, or does not start.
    pub async fn start_with(settings: &str) -> RabbitMq {
        Self::launch(settings, None).await
    }

    /// A new broker of its own that also speaks TLS, and shows this.
    ///
    /// # Panics
    /// If RabbitMQ is not installed, or does not start.
    pub async fn start_tls(identity: &Identity) -> RabbitMq {
        Self::launch("", Some(identity)).await
    }

    async fn launch(settings: &str, identity: Option<&Identity>) -> RabbitMq {
        let node =
            Node::new(settings, identity).expect("a folder, ports and an installed RabbitMQ (`make setup`)");
        let api = Api { address: format!("127.0.0.1:{}", node.ports.api), user: "guest:guest".into() };
        let authority = format!("guest:guest@127.0.0.1:{}", node.ports.amqp);
        let broker = RabbitMq { api, authority, node: Some(node), vhosts: Mutex::default() };
        broker.restart().await;
        broker
    }

    /// The address of a virtual host, which is made if it is new.
    ///
    /// # Panics
    /// If the broker refuses.
    pub async fn vhost(&self, name: &str) -> String {
        self.make_vhost(name).await.expect("a virtual host");
        let mut vhosts = self.vhosts.lock();
        if !vhosts.iter().any(|known| known == name) {
            vhosts.push(name.to_owned());
        }
        format!("amqp://{}/{name}", self.authority)
    }

    /// The same, by TLS.
    ///
    /// # Panics
    /// If the broker refuses, or is not one of our own.
    pub async fn vhost_tls(&self, name: &str) -> String {
        self.vhost(name).await;
        format!("amqps://{}@127.0.0.1:{}/{name}", self.api.user, self.node().ports.tls)
    }

    async fn make_vhost(&self, name: &str) -> io::Result<()> {
        let user = self.api.user.split(':').next().unwrap_or_default();
        self.api.ask("PUT", &format!("/api/vhosts/{name}"), "{}").await?;
        let everything = r#"{"configure":".*","write":".*","read":".*"}"#;
        self.api.ask("PUT", &format!("/api/permissions/{name}/{user}"), everything).await?;
        Ok(())
    }

    /// One request to the management API; JSON both ways.
    ///
    /// # Errors
    /// No connection, or a status that is not 2xx.
    pub async fn manage(&self, method: &str, path: &str, body: &str) -> io::Result<String> {
        self.api.ask(method, path, body).await
    }

    fn node(&self) -> &Node {
        self.node.as_ref().expect("only a broker of one's own can be hurt")
    }

    /// SIGKILL, and gone when this returns.
    ///
    /// # Panics
    /// If it is not a broker of our own.
    pub fn kill9(&self) {
        let child = self.node().running.lock().take();
        if let Some(mut child) = child {
            let _gone_already = child.kill();
            let _ended = child.wait();
        }
    }

    /// Stops it in order; gone when this returns.
    ///
    /// # Panics
    /// If it is not a broker of our own.
    pub fn shut_down(&self) {
        let stopped = self.node().control(&["stop"]);
        assert!(stopped.expect("rabbitmqctl runs").success());
        if let Some(mut child) = self.node().running.lock().take() {
            let _ended = child.wait();
        }
    }

    /// Starts it, on what is in its folder; kills it before, if it runs.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart(&self) {
        self.kill9();
        let node = self.node();
        *node.running.lock() = Some(node.launch().expect("the broker starts"));
        let up = async {
            while self.api.ask("GET", "/api/overview", "").await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(START, up).await.is_err() {
            panic!("RabbitMQ does not start: {}", node.log());
        }
        let vhosts = self.vhosts.lock().clone();
        for name in vhosts {
            self.make_vhost(&name).await.expect("a virtual host");
        }
    }

    /// Deletes its data; it must be killed before, and started after.
    ///
    /// # Panics
    /// If it runs.
    pub fn wipe(&self) {
        let node = self.node();
        assert!(node.running.lock().is_none(), "a running broker is not wiped");
        std::fs::remove_dir_all(node.folder.path().join("mnesia")).expect("the data folder goes");
    }

    /// SIGSTOP: its sockets stay open, and nothing comes.
    ///
    /// # Panics
    /// If it does not run.
    pub fn stop(&self) {
        self.signal("STOP");
    }

    /// SIGCONT.
    ///
    /// # Panics
    /// If it does not run.
    pub fn r#continue(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let pid = self.node().running.lock().as_ref().map(Child::id);
        signal(pid.expect("a broker that runs"), name).expect("a signal");
    }

    /// The memory alarm, on or off: publishers are blocked while it is on.
    ///
    /// # Panics
    /// If the broker cannot be told.
    pub fn alarm(&self, on: bool) {
        let watermark = if on { "0.00001" } else { "0.6" };
        let done = self.node().control(&["set_vm_memory_high_watermark", watermark]);
        assert!(done.expect("rabbitmqctl runs").success());
    }
}

impl RabbitMq {
    /// How long a consumer may hold a message until it loses its channel; None: half an hour. All connections
    /// are closed, because it holds for those that come.
    ///
    /// # Panics
    /// If the broker cannot be told.
    pub fn consumer_timeout(&self, timeout: Option<Duration>) {
        let ms = timeout.unwrap_or(Duration::from_secs(1_800)).as_millis();
        // Channels look at it at every tick.
        let told = format!(
            "application:set_env(rabbit, consumer_timeout, {ms}), application:set_env(rabbit, channel_tick_interval, 1000)."
        );
        assert!(self.node().control(&["eval", &told]).expect("rabbitmqctl runs").success());
        let closed = self.node().control(&["close_all_connections", "new limits"]);
        assert!(closed.expect("rabbitmqctl runs").success());
    }
}

impl Node {
    fn new(settings: &str, identity: Option<&Identity>) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("harvestman-rabbitmq-").tempdir()?;
        let [amqp, tls, api, distribution, epmd] =
            [free_port()?, free_port()?, free_port()?, free_port()?, free_port()?];
        let ports = Ports { amqp, tls, api, distribution, epmd };
        let etc = folder.path().join("etc");
        std::fs::create_dir_all(&etc)?;
        std::fs::create_dir_all(folder.path().join("home"))?;
        let mut settings = settings.to_owned();
        if let Some(identity) = identity {
            let (certificate, key) = (etc.join("server.crt"), etc.join("server.key"));
            std::fs::write(&certificate, identity.certificate_pem())?;
            std::fs::write(&key, identity.key_pem())?;
            settings += &format!(
                "\nlisteners.ssl.1 = 127.0.0.1:{tls}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n",
                certificate.display(),
                key.display()
            );
        }
        let conf = format!(
            "listeners.tcp.1 = 127.0.0.1:{}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {}\n\
             log.console = false\ndisk_free_limit.absolute = 50MB\ncollect_statistics_interval = 1000\n{settings}\n",
            ports.amqp, ports.api
        );
        std::fs::write(etc.join("rabbitmq.conf"), conf)?;
        std::fs::write(etc.join("enabled_plugins"), "[rabbitmq_management].")?;
        let group = Group::new()?;
        let epmd = ["-port", &ports.epmd.to_string(), "-address", "127.0.0.1"].map(str::to_owned);
        group.spawn(Command::new("epmd").args(epmd).stdout(Stdio::null()).stderr(Stdio::null()))?;
        Ok(Node { folder, home: installed()?, ports, running: Mutex::default(), group })
    }

    /// A script of the installation, with the surroundings of this node.
    fn command(&self, script: &str) -> Command {
        let at = |name: &str| self.folder.path().join(name);
        // The script itself, not the one in /usr/sbin, which changes the user.
        let mut command = Command::new(self.home.join("sbin").join(script));
        command
            .env("HOME", at("home"))
            .env("ERL_EPMD_PORT", self.ports.epmd.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_HOME", &self.home)
            .env("RABBITMQ_NODENAME", format!("t{}@localhost", self.ports.amqp))
            .env("RABBITMQ_DIST_PORT", self.ports.distribution.to_string())
            .env("RABBITMQ_BASE", at(""))
            .env("RABBITMQ_MNESIA_BASE", at("mnesia"))
            .env("RABBITMQ_LOG_BASE", at("log"))
            .env("RABBITMQ_CONFIG_FILE", at("etc/rabbitmq.conf"))
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .env("RABBITMQ_GENERATED_CONFIG_DIR", at("etc/generated"))
            .env("RABBITMQ_SCHEMA_DIR", at("etc/schema"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", at("etc/enabled_plugins"))
            .env("RABBITMQ_PLUGINS_EXPAND_DIR", at("plugins"))
            .env("RABBITMQ_FEATURE_FLAGS_FILE", at("mnesia/feature_flags"))
            .env("RABBITMQ_PID_FILE", at("pid"));
        command
    }

    /// The process that is the broker itself.
    fn launch(&self) -> io::Result<Child> {
        std::fs::create_dir_all(self.folder.path().join("mnesia"))?;
        let log = std::fs::File::create(self.folder.path().join("out"))?;
        let mut command = self.command("rabbitmq-server");
        // As under systemd the script becomes the node, so that its process is the node's.
        command
            .env("RUNNING_UNDER_SYSTEMD", "true")
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1} \
                 -rabbit channel_tick_interval 1000",
            )
            .stdout(log.try_clone()?)
            .stderr(log);
        self.group.spawn(&mut command)
    }

    fn control(&self, arguments: &[&str]) -> io::Result<std::process::ExitStatus> {
        let mut command = self.command("rabbitmqctl");
        self.group.spawn(command.args(arguments).stdout(Stdio::null()))?.wait()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("out")).unwrap_or_default()
    }
}

/// The folder of the installed version.
fn installed() -> io::Result<PathBuf> {
    let missing =
        || io::Error::new(io::ErrorKind::NotFound, "rabbitmq-server is not installed: `make setup`");
    let versions = std::fs::read_dir(Path::new(INSTALLED)).map_err(|_| missing())?;
    let versions = versions.filter_map(|entry| Some(entry.ok()?.path()));
    versions.filter(|path| path.join("sbin/rabbitmq-server").is_file()).max().ok_or_else(missing)
}
