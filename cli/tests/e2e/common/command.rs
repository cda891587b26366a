//! Running the binary.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// No command may take longer; a loaded machine may need most of it.
const LONGEST: Duration = Duration::from_secs(120);

/// A command to be: `harvestman` with arguments.
pub struct Call {
    command: Command,
    input: Vec<u8>,
}

impl Call {
    /// `harvestman` with these arguments, and without settings from this environment.
    pub fn of<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_harvestman"));
        command.args(args).env_remove("RUST_LOG").kill_on_drop(true);
        let client = ["API", "API_KEY", "API_KEY_FILE", "STORE", "QUEUE"];
        for setting in
            ["DATA", "API_LISTEN", "ALLOW", "EXTRA_CA", "BROWSER", "BROWSER_NO_SANDBOX"].iter().chain(&client)
        {
            command.env_remove(format!("HARVESTMAN_{setting}"));
        }
        Call { command, input: Vec::new() }
    }

    /// More arguments.
    pub fn with<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// A setting of its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// What it reads from standard input.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Alive {
        let piped = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let stdout = Said::read(child.stdout.take().unwrap());
        let stderr = Said::read(child.stderr.take().unwrap());
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        // A command that does not read is no failure of the test.
        tokio::spawn(async move { drop(stdin.write_all(&input).await) });
        let args = self.command.as_std().get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        Alive { args, child, stdout, stderr }
    }

    /// Starts it, and waits for its end.
    pub async fn end(self) -> Ended {
        self.start().end().await
    }
}

/// What a command says while it runs.
struct Said {
    text: watch::Receiver<Vec<u8>>,
}

impl Said {
    fn read(mut from: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (to, text) = watch::channel(Vec::new());
        tokio::spawn(async move {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut piece).await {
                to.send_modify(|text| text.extend_from_slice(&piece[..count]));
            }
        });
        Said { text }
    }

    /// Returns when it has said this.
    async fn until(&self, words: &str) {
        let said = |text: &Vec<u8>| String::from_utf8_lossy(text).contains(words);
        let found = self.text.clone().wait_for(said).await.is_ok();
        assert!(found, "ended without `{words}`: {}", String::from_utf8_lossy(&self.text.borrow()));
    }

    /// All of it, at its end.
    async fn all(mut self) -> String {
        while self.text.changed().await.is_ok() {}
        String::from_utf8(self.text.borrow().clone()).expect("all that is printed is UTF-8")
    }
}

/// A command that runs. Dropped, it is killed.
pub struct Alive {
    args: Vec<String>,
    child: Child,
    stdout: Said,
    stderr: Said,
}

impl Alive {
    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().expect("still running").cast_signed()).unwrap()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Returns when it has said this on standard error.
    pub async fn until_it_says(&self, words: &str) {
        let said = tokio::time::timeout(LONGEST, self.stderr.until(words)).await;
        assert!(said.is_ok(), "it never said `{words}`");
    }

    /// Returns when it has said this on standard output.
    pub async fn until_it_prints(&self, words: &str) {
        let said = tokio::time::timeout(LONGEST, self.stdout.until(words)).await;
        assert!(said.is_ok(), "it never printed `{words}`");
    }

    /// What it has said on standard error so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.stderr.text.borrow()).into_owned()
    }

    /// SIGKILL, and waits until it is gone. False if it had ended by itself before.
    pub async fn kill(mut self) -> bool {
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap().code().is_none()
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Ended {
        let Ok(status) = tokio::time::timeout(LONGEST, self.child.wait()).await else {
            self.child.kill().await.unwrap();
            panic!("no end after {LONGEST:?}: {}", self.stderr.all().await);
        };
        let ended = Ended {
            args: self.args,
            code: status.unwrap().code(),
            stdout: self.stdout.all().await,
            stderr: self.stderr.all().await,
        };
        assert!(!ended.stderr.contains("panicked"), "{ended:?}");
        ended
    }
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// How it was called, for those who read of a failure.
    #[allow(dead_code)]
    pub args: Vec<String>,
    /// None: a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// It ended with this code, and its messages hold these words.
    #[track_caller]
    pub fn says(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in {self:?}");
        }
        self
    }

    /// It was done.
    #[track_caller]
    pub fn done(self) -> Self {
        self.says(0, &[])
    }

    /// The summary for machines, where it is all of standard output.
    #[track_caller]
    pub fn summary(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }
}
