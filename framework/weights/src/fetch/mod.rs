//! Published weights: which there are, where they lie once downloaded, and how they get there.

mod download;
mod error;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

pub use error::FetchError;

/// Weights that can be had by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The name for settings and the command line.
    pub name: &'static str,
    /// The file's name at its publisher, and in the cache.
    pub file: &'static str,
    /// SHA-256 of the file in hexadecimal digits; at the publisher also the name of its folder.
    pub sha256: &'static str,
}

/// OpenAI's CLIP. Addresses and hashes: `_MODELS` in `clip/clip.py` of
/// <https://github.com/openai/CLIP>.
pub const PUBLISHED: [Published; 4] = [
    Published {
        name: "vit-b-32",
        file: "ViT-B-32.pt",
        sha256: "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
    },
    Published {
        name: "vit-b-16",
        file: "ViT-B-16.pt",
        sha256: "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f",
    },
    Published {
        name: "vit-l-14",
        file: "ViT-L-14.pt",
        sha256: "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
    },
    Published {
        name: "vit-l-14-336",
        file: "ViT-L-14-336px.pt",
        sha256: "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02",
    },
];

/// Where OpenAI publishes them.
const OPENAI: &str = "https://openaipublic.azureedge.net/clip/models";

/// The published weights of a name, if there are any.
pub fn published(name: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|published| published.name == name)
}

/// The file of published weights, if they have been fetched. What is found there was checked
/// against its hash when it came.
///
/// # Errors
/// When nothing in the environment says where the cache is.
pub fn cached(published: &Published) -> Result<Option<PathBuf>, FetchError> {
    let path = cache()?.join(published.file);
    Ok(path.is_file().then_some(path))
}

/// The folder of downloaded weights: `weights` in `$EXP_CACHE`, else in `$XDG_CACHE_HOME/exp`,
/// else in `~/.cache/exp`.
fn cache() -> Result<PathBuf, FetchError> {
    let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = folder("EXP_CACHE")
        .map(PathBuf::from)
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| Path::new(&cache).join("exp")))
        .or_else(|| folder("HOME").map(|home| Path::new(&home).join(".cache/exp")));
    cache
        .map(|cache| cache.join("weights"))
        .ok_or(FetchError::NoCache)
}

/// How far a fetch has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Another program fetches the same file; this one waits for it.
    Waiting,
    /// Bytes on disk, those of earlier attempts included.
    Bytes {
        /// How many.
        done: u64,
        /// How many there will be, where the server says so.
        total: Option<u64>,
    },
    /// An attempt failed; the next one follows.
    Retry {
        /// Why it failed.
        reason: String,
        /// The pause before the next one.
        wait: Duration,
    },
    /// All bytes are there, and their hash is computed.
    Checking,
}

/// What a fetch ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The file.
    pub path: PathBuf,
    /// Whether it was there before; then nothing was downloaded.
    pub already: bool,
}

/// Where to fetch from and to, and how patiently.
#[derive(Debug, Clone)]
pub struct Fetcher {
    /// The address that `/<sha256>/<file>` is put behind.
    pub base: String,
    /// The folder for the files.
    pub folder: PathBuf,
    /// An attempt ends when no byte came for this long.
    pub idle: Duration,
    /// The pause after a failed attempt; it doubles from one to the next.
    pub pause: Duration,
}

impl Fetcher {
    /// From the publisher, or a mirror of it whose address is in `EXP_WEIGHTS_URL`, to the cache.
    ///
    /// # Errors
    /// When nothing in the environment says where the cache is.
    pub fn from_environment() -> Result<Self, FetchError> {
        let mirror = std::env::var("EXP_WEIGHTS_URL").ok();
        Ok(Self {
            base: mirror
                .filter(|base| !base.is_empty())
                .unwrap_or_else(|| OPENAI.to_owned()),
            folder: cache()?,
            idle: Duration::from_secs(30),
            pause: Duration::from_secs(1),
        })
    }

    /// Makes sure that the file is in the folder, with the hash it must have.
    ///
    /// What is not there is downloaded to `<file>.part` beside it, which a later call goes on with
    /// after a failure, and gets its name only once its hash was found right. Programs that fetch
    /// the same file take turns by a lock on `<file>.lock`.
    ///
    /// # Errors
    /// When the server refuses, fails time and again or sends something else; when the disk is
    /// full or the folder cannot be written. A file that was there stays as it is.
    pub fn fetch(
        &self,
        published: &Published,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Fetched, FetchError> {
        let path = self.folder.join(published.file);
        let part = self.folder.join(format!("{}.part", published.file));
        fs::create_dir_all(&self.folder).map_err(FetchError::disk(&self.folder))?;
        let _lock = self.lock(published, on_progress)?;

        if path.is_file() {
            on_progress(Progress::Checking);
            let found = sha256(&path).map_err(FetchError::disk(&path))?;
            return match found == published.sha256 {
                true => Ok(Fetched {
                    path,
                    already: true,
                }),
                false => Err(FetchError::Altered {
                    path,
                    expected: published.sha256,
                    found,
                }),
            };
        }

        let address = format!(
            "{}/{}/{}",
            self.base.trim_end_matches('/'),
            published.sha256,
            published.file
        );
        self.download(&address, &part, on_progress)?;
        on_progress(Progress::Checking);
        let found = sha256(&part).map_err(FetchError::disk(&part))?;
        if found != published.sha256 {
            // Nothing can be gone on with from here.
            fs::remove_file(&part).map_err(FetchError::disk(&part))?;
            return Err(FetchError::Mismatch {
                address,
                expected: published.sha256,
                found,
            });
        }
        fs::rename(&part, &path).map_err(FetchError::disk(&path))?;
        Ok(Fetched {
            path,
            already: false,
        })
    }

    /// Waits until no other program fetches the file; the lock ends with the handle.
    fn lock(
        &self,
        published: &Published,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<File, FetchError> {
        let path = self.folder.join(format!("{}.lock", published.file));
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(FetchError::disk(&path))?;
        if file.try_lock().is_err() {
            on_progress(Progress::Waiting);
            file.lock().map_err(FetchError::disk(&path))?;
        }
        Ok(file)
    }
}

/// SHA-256 of a file in hexadecimal digits.
fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    let bytes = hash.finalize();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
