//! Argon2id, on as many threads as there are cores; more work than that waits, and too much is refused.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use protocol::code::{Code, Refusal};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

/// Hashes that may wait for a core.
const QUEUE: usize = 64;

/// Bounded hashing; cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    cores: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { cores: Arc::new(Semaphore::new(cores)), queue: Arc::new(Semaphore::new(cores + QUEUE)) }
    }
}

impl Passwords {
    /// PHC string of a new password of 8 to 128 characters.
    pub async fn hash(&self, password: &str) -> Result<String, Refusal> {
        let characters = password.chars().count();
        if !(8..=128).contains(&characters) {
            return Err(Refusal::bad_request("`password` must have 8 to 128 characters"));
        }
        let password = normal(password);
        self.work(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).ok())
            .await?
            .ok_or_else(|| Refusal::new(Code::Internal, "the password could not be stored"))
    }

    /// Whether the password is the one. Without a hash the work is done all the same: the time tells nothing.
    pub async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, Refusal> {
        if password.chars().count() > 128 {
            return Ok(false);
        }
        let password = normal(password);
        self.work(move || match hash {
            Some(hash) => Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok(),
            None => {
                let _same_work = Argon2::default().hash_password(password.as_bytes()).is_ok();
                false
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let busy = || Refusal::unavailable("too many logins at once; try again").after(1_000);
        let _place = self.queue.try_acquire().map_err(|_| busy())?;
        let core = self.cores.clone().acquire_owned().await.map_err(|_| busy())?;
        let work = tokio::task::spawn_blocking(move || {
            let result = job();
            drop(core);
            result
        });
        work.await.map_err(|_| busy())
    }
}

/// The same password from another keyboard has the same bytes.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}
