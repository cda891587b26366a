//! Files that are asked for are written into the archive.

use super::encode::{File, FileError, ending};
use crate::app::App;
use shared::crash;
use shared::ids::ExportId;
use shared::job::Format;
use shared::ports::store::control::{ExportEnd, TakenExport, Written};
use shared::ports::{ArchiveError, StoreError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a writer may be silent until another one begins anew.
const LEASE: Duration = Duration::from_secs(20);
/// How often it says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(4);
/// How often what others were asked for is looked for. What this process is asked for it begins at once.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Tries until a file is given up.
const TRIES: u32 = 8;
/// The pause after a first failed try; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// The name of a file within its run's folder.
pub fn file_name(export: ExportId, format: Format) -> String {
    format!("export-{export}.{}", ending(format))
}

/// Writes files, one after the other, until `stop`.
pub async fn write_files(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match app.control().take_export(LEASE).await {
            Ok(Some(taken)) => one(&app, &taken, &stop).await,
            Ok(None) => idle(&app, &stop).await,
            Err(error) => {
                tracing::debug!(%error, "files that are asked for cannot be looked for");
                idle(&app, &stop).await;
            }
        }
    }
}

async fn idle(app: &App, stop: &CancellationToken) {
    // Not all processes at the same moment.
    let pause = LOOK_EVERY.mul_f64(0.75 + 0.5 * shared::random::fraction());
    tokio::select! {
        () = stop.cancelled() => {}
        () = app.asked_for_file.notified() => {}
        () = tokio::time::sleep(pause) => {}
    }
}

/// Why a file was not written.
enum Left {
    /// Somebody else has it now, or it was deleted.
    Lost,
    /// This process ends.
    Stopped,
    Failed(FileError),
}

impl<E: Into<FileError>> From<E> for Left {
    fn from(error: E) -> Self {
        Left::Failed(error.into())
    }
}

async fn one(app: &App, taken: &TakenExport, stop: &CancellationToken) {
    let (run, id) = (taken.info.run, taken.info.id);
    let end = match write(app, taken, stop).await {
        Ok((object, written)) => ExportEnd::Ready { object, written },
        Err(Left::Lost) => {
            return tracing::info!(%run, export = %id, "another one writes it, or nobody wants it");
        }
        Err(Left::Stopped) => {
            ExportEnd::Again { reason: "its writer was stopped".into(), pause: Duration::ZERO }
        }
        Err(Left::Failed(error)) => {
            tracing::warn!(%error, %run, export = %id, tries = taken.info.tries, "a file is not written");
            failed(taken, &error)
        }
    };
    let object = match &end {
        ExportEnd::Ready { object, .. } => Some(object.clone()),
        _ => None,
    };
    match app.control().end_export(taken, end).await {
        Ok(true) => {}
        Ok(false) => tidy(app, taken, object).await,
        // Its lease ends, and it is written again: the same bytes under the same name.
        Err(error) => tracing::warn!(%error, %run, export = %id, "what came of a file is not noted"),
    }
}

/// What is to be done after a failure. Details are in the log, and not for clients.
fn failed(taken: &TakenExport, error: &FileError) -> ExportEnd {
    let (passes, reason) = match error {
        FileError::Store(StoreError::Unavailable(_)) => (true, "the database was not available"),
        FileError::Archive(ArchiveError::Unavailable(_)) => (true, "the archive was not available"),
        FileError::Archive(ArchiveError::Full(_)) => (true, "the archive has no room"),
        FileError::Archive(_) => (false, "the archive refuses it"),
        FileError::Store(StoreError::NotFound(_)) => (false, "the version that it is of is gone"),
        FileError::Store(_) => (false, "the database refuses it"),
        FileError::Encode(_) => (false, "its records cannot be written in this format"),
    };
    let tries = taken.info.tries;
    if passes && tries < TRIES {
        return ExportEnd::Again { reason: reason.into(), pause: FIRST_PAUSE * (1 << (tries - 1).min(8)) };
    }
    ExportEnd::Failed { reason: format!("{reason}; {tries} tries") }
}

/// Removes what was written for nobody. Where another one has written it meanwhile, it stays.
async fn tidy(app: &App, taken: &TakenExport, object: Option<String>) {
    let is_gone = app.control().export(taken.info.run, taken.info.id).await;
    if let (Err(StoreError::NotFound(_)), Some(object)) = (is_gone, object)
        && let Err(error) = app.deps.archive.remove(&object).await
    {
        tracing::warn!(%error, object, "a file that nobody wants is left");
    }
}

async fn write(app: &App, taken: &TakenExport, stop: &CancellationToken) -> Result<(String, Written), Left> {
    let info = &taken.info;
    let job = app.deps.store.run(info.run).await?.job;
    let mut file = File::begin(
        app.deps.store.clone(),
        info.run,
        &job,
        info.format,
        info.filter.clone(),
        Some(info.until),
    )
    .map_err(FileError::from)?;
    let mut upload = app.deps.archive.begin(info.run, &file_name(info.id, info.format)).await?;
    let mut written = Written::default();
    let mut said = tokio::time::Instant::now();
    let outcome = loop {
        if stop.is_cancelled() {
            break Err(Left::Stopped);
        }
        let bytes = match file.next().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.into()),
        };
        written = Written { rows: file.rows, bytes: written.bytes + bytes.len() as u64 };
        if let Err(error) = upload.write(bytes).await {
            break Err(error.into());
        }
        crash::point("api.in_file");
        if said.elapsed() >= SAY_EVERY {
            said = tokio::time::Instant::now();
            match app.control().renew_export(taken, written, LEASE).await {
                Ok(true) => {}
                Ok(false) => break Err(Left::Lost),
                Err(error) => break Err(error.into()),
            }
        }
    };
    // A version that was dropped meanwhile has lost its records: it must be there now, and so all of them were.
    let outcome = match (outcome, info.filter.version) {
        (Ok(()), Some(version)) if version > 0 => {
            app.control().reparse(info.run, version).await.map(drop).map_err(Left::from)
        }
        (outcome, _) => outcome,
    };
    if let Err(left) = outcome {
        upload.abandon().await;
        return Err(left);
    }
    let object = upload.finish().await?;
    crash::point("api.after_file");
    Ok((object, written))
}
