//! The program: where it is, how it is started, and its end.

use crate::link::Link;
use crate::wall::Wall;
use crate::{BrowserError, Config, memory};
use parking_lot::Mutex;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

/// The programs that are looked for.
const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell"];

/// The first Chromium of the search path.
pub fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file()))
}

/// What the browser hears and says on pipes 3 and 4; the shell moves them there, as nothing here may be unsafe.
const MOVED: &str = r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null"#;

/// What it may not do, or need not.
const FLAGS: [&str; 33] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-startup-window",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--no-service-autorun",
    // Not even loopback goes past the wall.
    "--proxy-bypass-list=<-loopback>",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-breakpad",
    "--disable-notifications",
    "--disable-speech-api",
    "--disable-file-system",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-search-engine-choice-screen",
    "--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication,CertificateTransparencyComponentUpdater,Prerender2,SpareRendererForSitePerProcess",
    "--block-new-web-contents",
    "--deny-permission-prompts",
    "--metrics-recording-only",
    "--password-store=basic",
    "--use-mock-keychain",
    "--mute-audio",
    "--hide-scrollbars",
];

/// Between two looks at whether it has ended.
const STEP: Duration = Duration::from_millis(20);
/// How often its memory is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// Bytes of what it says on its way out that are shown.
const LAST_WORDS: u64 = 4 << 10;

/// How long it may take to end by itself.
const LAST: Duration = Duration::from_secs(5);

/// A browser that runs; dropped, it is killed.
pub(crate) struct Process {
    link: Link,
    served: AtomicU32,
    watch: AbortHandle,
    child: Arc<Mutex<Child>>,
    /// Its files; taken when it ends.
    profile: Option<TempDir>,
    _wall: Wall,
}

impl Process {
    /// Starts one, and waits until it answers.
    pub(crate) async fn launch(config: &Config, patience: Duration) -> Result<Self, BrowserError> {
        let program = || config.program.display().to_string();
        let failed = |cause| BrowserError::Start { program: program(), cause };
        let wall = Wall::build().await.map_err(failed)?;
        let profile = tempfile::Builder::new().prefix("harvestman-browser").tempdir().map_err(failed)?;
        std::fs::metadata(&config.program).map_err(failed)?;
        let mut command = command(config, profile.path(), &wall);
        let mut child = command.spawn().map_err(failed)?;
        let (Some(hears), Some(said), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(BrowserError::Mute { program: program(), said: String::new() });
        };
        let id = child.id();
        let words = tokio::spawn(last_words(errors));
        let link = Link::over(said, hears);
        let version = timeout(patience, link.call("", "Browser.getVersion", json!({}))).await;
        let Ok(Ok(version)) = version else {
            let _gone_by_itself = child.start_kill();
            let said = timeout(Duration::from_secs(2), words).await.ok().and_then(Result::ok);
            let said = said.filter(|said| !said.is_empty()).map(|said| format!(": {said}"));
            return Err(BrowserError::Mute { program: program(), said: said.unwrap_or_default() });
        };
        tracing::info!(version = version["product"].as_str(), "a browser runs");
        let child = Arc::new(Mutex::new(child));
        let watch = tokio::spawn(watch(id, config.memory, child.clone())).abort_handle();
        Ok(Process { link, served: AtomicU32::new(0), watch, child, profile: Some(profile), _wall: wall })
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// Counts a page; tells how many there were before. A tired or dead browser has served them all.
    pub(crate) fn serve(&self) -> u32 {
        if self.link.is_over() {
            return u32::MAX;
        }
        let count = |served: u32| Some(served.saturating_add(1));
        self.served.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).unwrap_or(u32::MAX)
    }

    /// No further page comes here.
    pub(crate) fn tire(&self) {
        self.served.store(u32::MAX, Ordering::Relaxed);
    }
}

impl Process {
    /// Has it end by itself, and waits for that.
    pub(crate) async fn end(mut self) {
        self.watch.abort();
        self.link.tell("", "Browser.close", &json!({}));
        if let Some(profile) = self.profile.take() {
            buried(self.child.clone(), profile, LAST).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.watch.abort();
        let _gone_by_itself = self.child.lock().start_kill();
        if let (Some(profile), Ok(runtime)) = (self.profile.take(), Handle::try_current()) {
            runtime.spawn(buried(self.child.clone(), profile, Duration::ZERO));
        }
    }
}

/// Waits for the end of a browser, kills it after `patience`, and removes its files: while its last processes write, that fails.
async fn buried(child: Arc<Mutex<Child>>, profile: TempDir, patience: Duration) {
    let kill_at = Instant::now() + patience;
    let give_up_at = kill_at + LAST;
    while matches!(child.lock().try_wait(), Ok(None)) && Instant::now() < give_up_at {
        if Instant::now() >= kill_at {
            let _gone_by_itself = child.lock().start_kill();
        }
        sleep(STEP).await;
    }
    while std::fs::remove_dir_all(profile.path()).is_err() && profile.path().exists() {
        if Instant::now() >= give_up_at {
            return;
        }
        sleep(STEP).await;
    }
}

fn command(config: &Config, profile: &Path, wall: &Wall) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", MOVED]).arg(&config.program).args(FLAGS);
    command.arg(format!("--proxy-server=http://{}", wall.address()));
    command.arg(format!("--user-data-dir={}", profile.display()));
    // One page cannot have it all.
    command.arg(format!("--js-flags=--max-old-space-size={}", (config.memory >> 21).clamp(128, 2048)));
    if !config.sandbox {
        command.arg("--no-sandbox");
    }
    // Nothing of the worker's environment, which holds secrets, and nothing of a person's profile.
    command.env_clear();
    for name in ["PATH", "LANG", "TZ", "FONTCONFIG_PATH", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("HOME", profile)
        .env("TMPDIR", profile)
        .env("XDG_CONFIG_HOME", profile)
        .env("XDG_CACHE_HOME", profile);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // An interrupt at the keyboard is for the worker, which lets pages under way end.
    command.current_dir("/").process_group(0).kill_on_drop(true);
    command
}

/// Reads all that it complains about, and keeps the end of the beginning.
async fn last_words(mut errors: impl AsyncRead + Unpin) -> String {
    let mut words = Vec::new();
    // What comes later is read as well, so that it never waits for a reader.
    let _shown = (&mut errors).take(LAST_WORDS).read_to_end(&mut words).await;
    let _rest = tokio::io::copy(&mut errors, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&words).trim().to_owned()
}

/// Kills it when it grows too large.
async fn watch(id: Option<u32>, most: u64, child: Arc<Mutex<Child>>) {
    let Some(id) = id else { return };
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let bytes = tokio::task::spawn_blocking(move || memory::of_family(id)).await;
        let Some(bytes) = bytes.ok().flatten() else { return };
        if bytes > most {
            tracing::warn!(bytes, most, "the browser has grown too large and is killed");
            let _gone_by_itself = child.lock().start_kill();
            return;
        }
    }
}
