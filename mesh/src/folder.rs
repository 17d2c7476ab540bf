//! The data folder: its lock, its version, its room on the disk, its secrets.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use rand::TryRngCore as _;

/// Raised when an older program could not read the folder any more.
const VERSION: &str = "chatmesh data 1";
/// Below this no server is started: a log that cannot grow refuses every send.
const LEAST_FREE_BYTES: u64 = 200 << 20;

/// Why a data folder cannot be used; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("another mesh runs on the data folder {0}; end it, or choose another folder with CHATMESH__DATA_DIR")]
    Locked(PathBuf),
    #[error("{0} holds other things than chatmesh's data; choose an empty folder with CHATMESH__DATA_DIR")]
    Foreign(PathBuf),
    #[error(
        "the data folder {folder} is of another version ({found:?}, this program writes {VERSION:?}); use the program that made it, or another folder"
    )]
    OtherVersion { folder: PathBuf, found: String },
    #[error("no rights on {0}; give them to this user, or choose another folder with CHATMESH__DATA_DIR")]
    NoRights(PathBuf),
    #[error(
        "the disk of {folder} is full ({free_mib} MiB free, 200 MiB are needed); make room or choose another folder with CHATMESH__DATA_DIR"
    )]
    DiskFull { folder: PathBuf, free_mib: u64 },
    #[error("{path} cannot be used: {error}")]
    Io { path: PathBuf, error: io::Error },
}

/// An opened data folder; locked until it is dropped.
pub struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes or opens the folder and takes its lock.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        make_dir(path, 0o755)?;
        let root = fs::canonicalize(path).map_err(told(path))?;
        let lock_path = root.join("mesh.lock");
        let lock = File::options().create(true).append(true).open(&lock_path).map_err(told(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::Locked(root)),
            Err(TryLockError::Error(error)) => return Err(told(&lock_path)(error)),
        }
        let folder = Self { root, _lock: lock };
        folder.refuse_full_disk()?;
        folder.check_version()?;
        make_dir(&folder.run(), 0o711)?;
        Ok(folder)
    }

    /// The folder itself, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What belongs to running children: sockets, process ids.
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// A password that was made once for this folder.
    pub fn secret(&self, name: &str) -> Result<String, FolderError> {
        let path = self.root.join(format!("{name}.secret"));
        match fs::read_to_string(&path) {
            Ok(secret) if !secret.is_empty() => return Ok(secret),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(told(&path)(error)),
        }
        let mut bytes = [0; 24];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|error| told(&path)(io::Error::other(error)))?;
        // The letter keeps nats-server from reading the word as a number.
        let secret = format!("s{}", hex::encode(bytes));
        write_private(&path, &secret)?;
        Ok(secret)
    }

    fn refuse_full_disk(&self) -> Result<(), FolderError> {
        let stat = statvfs(&self.root).map_err(|error| told(&self.root)(error.into()))?;
        enough(&self.root, stat.blocks_available().saturating_mul(stat.fragment_size()))
    }

    fn check_version(&self) -> Result<(), FolderError> {
        let path = self.root.join("version");
        match fs::read_to_string(&path) {
            Ok(found) if found.trim() == VERSION => Ok(()),
            Ok(found) => Err(FolderError::OtherVersion { folder: self.root.clone(), found: found.trim().to_owned() }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let mut entries = fs::read_dir(&self.root).map_err(told(&self.root))?.flatten();
                if entries.any(|entry| entry.file_name() != "mesh.lock") {
                    return Err(FolderError::Foreign(self.root.clone()));
                }
                write_private(&path, VERSION)
            }
            Err(error) => Err(told(&path)(error)),
        }
    }
}

fn enough(root: &Path, free: u64) -> Result<(), FolderError> {
    if free < LEAST_FREE_BYTES {
        return Err(FolderError::DiskFull { folder: root.to_owned(), free_mib: free >> 20 });
    }
    Ok(())
}

/// Makes a folder and those above it; an existing one is left as it is.
pub fn make_dir(path: &Path, mode: u32) -> Result<(), FolderError> {
    DirBuilder::new().recursive(true).mode(mode).create(path).map_err(told(path))
}

/// Writes a file that only this user may read, whole or not at all.
pub fn write_private(path: &Path, text: &str) -> Result<(), FolderError> {
    let part = path.with_extension("part");
    let write = || {
        let mut file = File::options().create(true).write(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().map_err(told(path))
}

/// The sentence for an I/O error on a path.
pub fn told(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |error| match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => FolderError::NoRights(path),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FolderError::DiskFull { folder: path, free_mib: 0 },
        _ => FolderError::Io { path, error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_mesh_is_refused_and_a_third_after_the_first_ended_is_not() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deep/data");
        let first = Folder::open(&path).unwrap();
        assert!(matches!(Folder::open(&path), Err(FolderError::Locked(_))));
        drop(first);
        // A child that another test forks holds the lock until it runs its program.
        testkit::eventually(std::time::Duration::from_secs(5), async || Folder::open(&path).ok()).await;
    }

    #[test]
    fn a_nearly_full_disk_is_refused_with_what_is_left() {
        enough(Path::new("/data"), 200 << 20).unwrap();
        let sentence = enough(Path::new("/data"), (200 << 20) - 1).unwrap_err().to_string();
        assert!(sentence.starts_with("the disk of /data is full (199 MiB free"), "{sentence}");
    }

    #[test]
    fn a_secret_stays() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let secret = folder.secret("nats").unwrap();
        assert_eq!((secret.len(), &folder.secret("nats").unwrap()), (49, &secret));
        assert_ne!(folder.secret("postgres").unwrap(), secret);
    }

    #[test]
    fn other_versions_and_foreign_folders_are_refused() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("version"), "chatmesh data 99\n").unwrap();
        let sentence = Folder::open(place.path()).map(drop).unwrap_err().to_string();
        assert!(sentence.contains("another version (\"chatmesh data 99\""), "{sentence}");

        let foreign = tempfile::tempdir().unwrap();
        fs::write(foreign.path().join("thesis.txt"), "dear").unwrap();
        assert!(matches!(Folder::open(foreign.path()), Err(FolderError::Foreign(_))));
    }
}
