//! Directories for datasets and caches.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

const DATA_DIR: &str = "GANSCOPE_DATA_DIR";

/// The directory that holds the datasets: `explicit` if given, else `GANSCOPE_DATA_DIR`, else `ganscope`
/// in the user's cache directory (`$XDG_CACHE_HOME`, or `~/.cache`).
///
/// ```
/// use std::path::Path;
/// let folder = ganscope::data::data_dir(Some(Path::new("my-data")))?;
/// assert_eq!(folder, Path::new("my-data"));
/// # Ok::<(), ganscope::Error>(())
/// ```
///
/// # Errors
/// [`Error::Usage`] when neither is given and there is no home directory.
pub fn data_dir(explicit: Option<&Path>) -> Result<PathBuf> {
    resolve(
        explicit,
        |name| std::env::var_os(name),
        std::env::home_dir(),
    )
}

/// Directories for files that are computed from data, to be tried in order: the data directory, and the
/// user's cache directory, since the data directory may not be writable.
pub(crate) fn cache_folders(explicit: Option<&Path>) -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name);
    caches(explicit, variable, std::env::home_dir())
}

fn caches(
    explicit: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
    home: Option<PathBuf>,
) -> Vec<PathBuf> {
    let data = resolve(explicit, &variable, home.clone());
    let without_data_dir = |name: &str| variable(name).filter(|_| name != DATA_DIR);
    let user = resolve(None, without_data_dir, home);
    let mut folders: Vec<PathBuf> = data.into_iter().chain(user).collect();
    folders.dedup();
    folders
}

fn resolve(
    explicit: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
    home: Option<PathBuf>,
) -> Result<PathBuf> {
    let folder = |name| variable(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(explicit) = explicit {
        return Ok(explicit.to_path_buf());
    }
    if let Some(folder) = folder(DATA_DIR) {
        return Ok(folder);
    }
    // By the XDG specification a relative path is invalid and must be ignored.
    let cache = folder("XDG_CACHE_HOME").filter(|p| p.is_absolute());
    cache
        .or_else(|| {
            home.filter(|h| !h.as_os_str().is_empty())
                .map(|h| h.join(".cache"))
        })
        .map(|cache| cache.join("ganscope"))
        .ok_or_else(|| {
            Error::Usage(
                "there is no home directory to store data in; \
                 use --data-dir or set GANSCOPE_DATA_DIR"
                    .into(),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(
        variables: &[(&str, &str)],
        explicit: Option<&str>,
        home: Option<&str>,
    ) -> Result<PathBuf> {
        resolve(
            explicit.map(Path::new),
            |name| {
                let found = variables.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| OsString::from(value))
            },
            home.map(PathBuf::from),
        )
    }

    #[test]
    fn the_most_explicit_setting_has_priority() {
        let all = [("GANSCOPE_DATA_DIR", "/env"), ("XDG_CACHE_HOME", "/xdg")];
        let path = |p: &str| PathBuf::from(p);
        assert_eq!(
            with(&all, Some("given"), Some("/h")).unwrap(),
            path("given")
        );
        assert_eq!(with(&all, None, Some("/h")).unwrap(), path("/env"));
        assert_eq!(
            with(&all[1..], None, Some("/h")).unwrap(),
            path("/xdg/ganscope")
        );
        assert_eq!(
            with(&[], None, Some("/h")).unwrap(),
            path("/h/.cache/ganscope")
        );
        let relative = [
            ("GANSCOPE_DATA_DIR", ""),
            ("XDG_CACHE_HOME", "not/absolute"),
        ];
        assert_eq!(
            with(&relative, None, Some("/h")).unwrap(),
            path("/h/.cache/ganscope")
        );
        let message = with(&[], None, None).unwrap_err().to_string();
        assert!(message.contains("--data-dir"), "{message}");
    }

    #[test]
    fn caches_are_in_the_data_directory_and_then_in_the_users_cache() {
        let cached = |explicit: Option<&str>, data: Option<&str>, home: Option<&str>| {
            let variable = |name: &str| data.filter(|_| name == DATA_DIR).map(OsString::from);
            let folders = caches(explicit.map(Path::new), variable, home.map(PathBuf::from));
            let text = folders.iter().map(|f| f.display().to_string());
            text.collect::<Vec<_>>()
        };
        assert_eq!(
            cached(None, Some("/env"), Some("/h")),
            ["/env", "/h/.cache/ganscope"]
        );
        assert_eq!(cached(Some("my"), Some("/env"), None), ["my"]);
        assert_eq!(cached(None, None, Some("/h")), ["/h/.cache/ganscope"]);
        assert!(cached(None, None, None).is_empty());
    }
}
