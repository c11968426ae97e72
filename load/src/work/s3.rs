//! PutObject under keys that take turns, and GetObject of the same keys for a share of the requests.

use bytes::Bytes;

use super::records::{letters, pool_size};
use super::{Form, Resource, is_read};
use crate::api::{Api, ApiError};
use crate::engine::{Gun, Outcome, Taken, Work};
use crate::shot::Shot;

/// Bodies that differ: an object's content costs memory, its key next to nothing.
const BODIES: u64 = 16;
/// Keys that take turns.
const KEYS_MAX: usize = 1_024;

pub(super) struct Objects {
    puts: Vec<Shot>,
    gets: Vec<Shot>,
    reads: f64,
}

/// A bucket of one's own. If some requests read, every key is there before the first does.
pub(super) fn prepare(api: &Api, form: &Form, made: &mut Vec<Resource>) -> Result<Objects, ApiError> {
    let bucket = form.resource_name();
    if form.is_own() {
        api.s3("PUT", &format!("/{bucket}"), Bytes::new())?;
        made.push(Resource::Bucket(bucket.clone()));
    }
    api.s3("HEAD", &format!("/{bucket}"), Bytes::new())?;
    let bytes = form.record_bytes as usize;
    let bodies: Vec<Bytes> = (0..BODIES.min(pool_size(bytes, form.requests) as u64))
        .map(|number| Bytes::from(letters(form.seed, "bench.objects", number, bytes)))
        .collect();
    let keys = KEYS_MAX.min(form.requests.max(1));
    let path = |key: usize| format!("/{bucket}/load{}/{key:04}", form.worker);
    let put = |key: usize| Shot::s3("PUT", path(key), bodies[key % bodies.len()].clone());
    let puts: Vec<Shot> = (0..keys).map(put).collect();
    let gets = match form.reads > 0.0 {
        true => (0..keys).map(|key| Shot::s3("GET", path(key), Bytes::new())).collect(),
        false => Vec::new(),
    };
    if !gets.is_empty() {
        for (key, shot) in puts.iter().enumerate() {
            api.s3("PUT", &path(key), shot.body.clone())?;
        }
    }
    Ok(Objects { puts, gets, reads: form.reads })
}

impl Work for Objects {
    fn records(&self) -> u64 {
        1
    }

    fn shoot(&self, gun: &mut Gun<'_>, number: u64) -> Outcome {
        let pool = if is_read(number, self.reads) { &self.gets } else { &self.puts };
        let shot = &pool[(number % pool.len() as u64) as usize];
        match gun.answered(shot) {
            Ok(_) => Outcome::Taken(Taken { accepted: 1, ..Taken::default() }),
            Err(outcome) => outcome,
        }
    }
}
