//! A run's objects: listed, and deleted by the thousand.

use super::S3Archive;
use super::errors::{explain_write, status};
use crate::objects;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Delete, ObjectIdentifier};
use shared::ids::RunId;
use shared::ports::ArchiveError;

/// Objects that one request lists or deletes; S3's own limit.
const PAGE: i32 = 1_000;

/// The region that has no constraint by its name.
const CLASSIC_REGION: &str = "us-east-1";

impl S3Archive {
    /// One page of a run's objects, keys and sizes, and where the next one begins.
    pub(super) async fn page(
        &self,
        run: RunId,
        after: Option<String>,
    ) -> Result<(Vec<(String, u64)>, Option<String>), ArchiveError> {
        let folder = objects::folder(run);
        let request = self.client.list_objects_v2().bucket(self.bucket()).prefix(self.key(&folder));
        let request = request.max_keys(PAGE).set_continuation_token(after);
        let page = request.send().await.map_err(|error| explain_write(&folder, &error))?;
        let named = page.contents().iter().filter_map(|object| {
            let size = object.size().and_then(|size| u64::try_from(size).ok())?;
            Some((object.key()?.to_owned(), size))
        });
        Ok((named.collect(), page.next_continuation_token().map(str::to_owned)))
    }

    /// Deletes these keys; that one is gone already is success.
    pub(super) async fn delete(&self, keys: Vec<String>) -> Result<(), ArchiveError> {
        let named = keys.into_iter().map(|key| ObjectIdentifier::builder().key(key).build());
        let named = named
            .collect::<Result<Vec<_>, _>>()
            .and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build());
        // Both builders want only what was given to them just now.
        let delete = named.map_err(|error| ArchiveError::Unavailable(error.to_string()))?;
        let request = self.client.delete_objects().bucket(self.bucket()).delete(delete);
        let deleted = request.send().await.map_err(|error| explain_write("", &error))?;
        match deleted.errors() {
            [] => Ok(()),
            [first, ..] => {
                let why = format!(
                    "{} cannot be deleted: {}",
                    first.key().unwrap_or("?"),
                    first.message().unwrap_or("?")
                );
                Err(match first.code() {
                    Some("AccessDenied") => ArchiveError::Refused(why),
                    _ => ArchiveError::Unavailable(why),
                })
            }
        }
    }

    /// Makes the bucket, unless it is there.
    ///
    /// # Errors
    /// If it belongs to somebody else, or may not be made.
    pub async fn make_bucket(&self) -> Result<(), ArchiveError> {
        let bucket = self.bucket();
        match self.client.head_bucket().bucket(bucket).send().await {
            Ok(_there) => return Ok(()),
            Err(error) if status(&error) != Some(404) => return Err(explain_write(bucket, &error)),
            Err(_missing) => {}
        }
        let region = self.client.config().region().map_or(CLASSIC_REGION, |region| region.as_ref());
        let constraint = (region != CLASSIC_REGION).then(|| {
            let place = BucketLocationConstraint::from(region);
            CreateBucketConfiguration::builder().location_constraint(place).build()
        });
        let request = self.client.create_bucket().bucket(bucket).set_create_bucket_configuration(constraint);
        match request.send().await {
            Ok(_made) => Ok(()),
            // Another made it in between.
            Err(error) if error.as_service_error().is_some_and(|e| e.is_bucket_already_owned_by_you()) => {
                Ok(())
            }
            Err(error) => match explain_write(bucket, &error) {
                // A conflict that no further try ends: the name is taken.
                ArchiveError::Unavailable(why) if status(&error) == Some(409) => {
                    Err(ArchiveError::Refused(why))
                }
                other => Err(other),
            },
        }
    }
}
