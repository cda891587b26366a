//! SIGTERM and Ctrl-C: once asks to stop, twice ends at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first SIGTERM or SIGINT. The second one ends the process with
/// 130: nothing is lost by it, unfinished work is done again.
pub fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            tracing::error!("signals cannot be caught; stop with SIGKILL, nothing is lost by it");
            return;
        };
        for turn in 0.. {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
            }
            if turn > 0 {
                std::process::exit(130);
            }
            told.cancel();
        }
    });
    stop
}
