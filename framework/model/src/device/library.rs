//! Where the system's loader finds a shared library: it is asked for by name only, and what it
//! does not find ends in a panic of the CUDA backend.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A shared library as the loader would take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// The file, behind all links.
    pub path: PathBuf,
    /// Its version as far as the file's name tells: `[12, 8, 93]` for `libnvrtc.so.12.8.93`.
    pub version: Vec<u32>,
}

impl Library {
    fn at(path: &Path) -> Option<Self> {
        let path = path.canonicalize().ok().filter(|path| path.is_file())?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        let version = match name.split_once(".so.") {
            Some((_, digits)) => digits.split('.').map_while(|n| n.parse().ok()).collect(),
            None => Vec::new(),
        };
        Some(Self { path, version })
    }
}

/// The folders that the loader looks in, and the libraries it knows from its cache.
#[derive(Debug, Clone, Default)]
pub struct Loader {
    /// Those of `LD_LIBRARY_PATH`, which come first.
    pub named: Vec<PathBuf>,
    /// What `ldconfig -p` prints.
    pub cache: String,
    /// Those that come last.
    pub usual: Vec<PathBuf>,
}

impl Loader {
    /// The system's.
    pub fn of_the_system() -> Self {
        let named = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        // Not on the PATH of ordinary users everywhere.
        let printed = ["/sbin/ldconfig", "ldconfig"]
            .iter()
            .find_map(|program| Command::new(program).arg("-p").output().ok());
        let cache = printed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        Self {
            named: std::env::split_paths(&named)
                .filter(|folder| !folder.as_os_str().is_empty())
                .collect(),
            cache: cache.unwrap_or_default(),
            usual: ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]
                .map(PathBuf::from)
                .into(),
        }
    }

    /// The first of these names that the loader finds.
    pub fn find(&self, names: &[String]) -> Option<Library> {
        names.iter().find_map(|name| {
            let cached = self.cache.lines().filter_map(|line| {
                let (known, path) = line.trim().split_once(" => ")?;
                (known.split(' ').next() == Some(name)).then(|| PathBuf::from(path))
            });
            let named = self.named.iter().map(|folder| folder.join(name));
            let usual = self.usual.iter().map(|folder| folder.join(name));
            named
                .chain(cached)
                .chain(usual)
                .find_map(|path| Library::at(&path))
        })
    }
}

/// Folders where toolkits put libraries and headers, whether the loader looks there or not.
pub fn toolkits() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = ["CUDA_PATH", "CUDA_HOME"]
        .iter()
        .filter_map(std::env::var_os)
        .map(PathBuf::from)
        .collect();
    folders.extend(["/usr/local/cuda", "/opt/cuda", "/usr"].map(PathBuf::from));
    // Python's packages of CUDA lie in folders of their own: `nvidia/cuda_nvrtc` for CUDA 12,
    // `nvidia/cu13` for CUDA 13.
    if let Some(environment) = std::env::var_os("VIRTUAL_ENV").or(std::env::var_os("CONDA_PREFIX"))
    {
        let below = |folder: PathBuf| -> Vec<PathBuf> {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).collect()
        };
        folders.push(PathBuf::from(&environment));
        for python in below(Path::new(&environment).join("lib")) {
            folders.extend(below(python.join("site-packages/nvidia")));
        }
    }
    folders
}

/// The folder below one of these that holds a file of one of these names.
pub fn beside(folders: &[PathBuf], below: &[&str], names: &[String]) -> Option<PathBuf> {
    let inner = folders
        .iter()
        .flat_map(|folder| below.iter().map(move |inner| folder.join(inner)));
    inner
        .into_iter()
        .find(|folder| names.iter().any(|name| folder.join(name).is_file()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_loaders_order_is_followed() {
        let here = tempfile::tempdir().unwrap();
        let here = here.path().canonicalize().unwrap();
        let make = |file: &str| {
            let path = here.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        };
        let names = ["libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12"].map(str::to_owned);
        let mut loader = Loader {
            named: vec![here.join("named")],
            cache: format!(
                "2 libs found in cache\n\tlibnvrtc.so.12 (libc6,x86-64) => {0}/cached/libnvrtc.so.12\n\
                 \tlibnvrtc.so.1 (libc6,x86-64) => {0}/cached/gone\n",
                here.display()
            ),
            usual: vec![here.join("usual")],
        };
        assert_eq!(loader.find(&names), None);
        make("usual/libnvrtc.so.12");
        let usual = loader.find(&names).unwrap();
        assert_eq!(usual.path, here.join("usual/libnvrtc.so.12"));
        assert_eq!(usual.version, [12]);
        make("cached/libnvrtc.so.12");
        let cached = loader.find(&names).unwrap();
        assert_eq!(cached.path, here.join("cached/libnvrtc.so.12"));
        // An earlier name wins over an earlier folder.
        make("usual/libnvrtc.so");
        assert_eq!(
            loader.find(&names).unwrap().path,
            here.join("usual/libnvrtc.so")
        );
        make("named/libnvrtc.so");
        assert_eq!(
            loader.find(&names).unwrap().path,
            here.join("named/libnvrtc.so")
        );
        loader.named.clear();
        assert!(loader.find(&names[1..2]).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_links_target_tells_the_version() {
        let here = tempfile::tempdir().unwrap();
        let file = here.path().join("libnvrtc.so.12.8.93");
        fs::write(&file, "").unwrap();
        let link = here.path().join("libnvrtc.so");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(Library::at(&link).unwrap().version, [12, 8, 93]);
        let broken = here.path().join("libcuda.so");
        std::os::unix::fs::symlink(here.path().join("gone"), &broken).unwrap();
        assert_eq!(Library::at(&broken), None);
    }

    #[test]
    fn a_library_that_the_loader_misses_is_found_in_a_toolkit() {
        let here = tempfile::tempdir().unwrap();
        let lib = here.path().join("cuda_nvrtc/lib");
        fs::create_dir_all(&lib).unwrap();
        fs::write(lib.join("libnvrtc.so.12"), "").unwrap();
        let folders = [here.path().join("other"), here.path().join("cuda_nvrtc")];
        let names = ["libnvrtc.so", "libnvrtc.so.12"].map(str::to_owned);
        assert_eq!(beside(&folders, &["lib64", "lib"], &names), Some(lib));
        assert_eq!(beside(&folders, &["lib64"], &names), None);
    }
}
