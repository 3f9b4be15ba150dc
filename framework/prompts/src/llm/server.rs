//! Where a language model is asked.

use reqwest::Url;
use thiserror::Error;

use super::Key;

/// A server that speaks the protocol of OpenAI's chat completions.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its address up to and with `/v1`, without a key in it.
    pub(super) base: Url,
    /// The key, if it wants one.
    pub(super) key: Option<Key>,
}

/// Why there is no server to ask. No message contains a key or an address that may hold one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ServerError {
    /// None is named.
    #[error(
        "no language model to ask: set EXP_LLM_URL to the address of a server that speaks OpenAI's \
         chat completions, up to and with `/v1` (Ollama: http://localhost:11434/v1), and EXP_LLM_KEY \
         to its key if it wants one"
    )]
    Missing,
    /// The address is none.
    #[error(
        "EXP_LLM_URL is no address of a server: {reason}; expected one such as https://host/v1"
    )]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// The address holds more than an address.
    #[error(
        "EXP_LLM_URL holds {part}, which would be kept with every answer; give the bare address, and \
         the key in EXP_LLM_KEY"
    )]
    NotBare {
        /// What else it holds.
        part: &'static str,
    },
    /// The key cannot be sent.
    #[error(
        "EXP_LLM_KEY is no key: expected visible ASCII characters without quotes and spaces (it is not \
         shown here)"
    )]
    Key,
}

impl Server {
    /// The server at an address, with a key if it wants one.
    pub fn new(base: &str, key: Option<&str>) -> Result<Self, ServerError> {
        let invalid = |reason: String| ServerError::Address { reason };
        let key = key.filter(|key| !key.trim().is_empty());
        let key = key.map(|key| Key::new(key).ok_or(ServerError::Key));
        let key = key.transpose()?;
        let given = base;
        let mut base = Url::parse(given.trim()).map_err(|error| invalid(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(invalid(
                "it does not begin with http:// or https://".to_owned(),
            ));
        }
        let holds_key = |key: &Key| key.is_in(given) || key.is_in(base.as_str());
        let part = match &base {
            _ if key.as_ref().is_some_and(holds_key) => "the key",
            base if !base.username().is_empty() || base.password().is_some() => "a user's name",
            base if base.query().is_some() => "a `?` and what follows",
            base if base.fragment().is_some() => "a `#` and what follows",
            _ => "",
        };
        if !part.is_empty() {
            return Err(ServerError::NotBare { part });
        }
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(Self { base, key })
    }

    /// The server that `EXP_LLM_URL` names, with the key in `EXP_LLM_KEY`.
    pub fn from_environment() -> Result<Self, ServerError> {
        let variable = |name| match std::env::var(name) {
            Ok(value) if value.trim().is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(()),
        };
        let reason = "it is not UTF-8".to_owned();
        let base = variable("EXP_LLM_URL").map_err(|()| ServerError::Address { reason })?;
        let key = variable("EXP_LLM_KEY").map_err(|()| ServerError::Key)?;
        Self::new(&base.ok_or(ServerError::Missing)?, key.as_deref())
    }

    /// Its address, for people and for provenance.
    pub fn address(&self) -> &str {
        self.base.as_str()
    }

    /// Where questions go.
    pub(super) fn completions(&self) -> String {
        let base = self.base.as_str().trim_end_matches('/');
        format!("{base}/chat/completions")
    }

    /// Whether requests go over TLS.
    pub(super) fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Whether it is on this machine: a proxy named in the environment does not lead back here.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default();
        host == "localhost" || host == "[::1]" || host.starts_with("127.")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;

    #[test]
    fn questions_go_below_the_address() {
        for base in ["http://localhost:11434/v1", " http://localhost:11434/v1/ "] {
            let server = Server::new(base, None).unwrap();
            let expected = "http://localhost:11434/v1/chat/completions";
            assert_eq!(server.completions(), expected);
            assert!(server.is_loopback());
        }
        let bare = Server::new("https://host", None).unwrap();
        assert_eq!(bare.completions(), "https://host/chat/completions");
        assert!(!bare.is_loopback());
    }

    #[test]
    fn an_address_that_may_hold_a_key_is_refused_and_not_repeated() {
        for base in [
            "https://me:sk-very-secret@host/v1",
            "https://sk-very-secret@host/v1",
            "https://host/v1?key=sk-very-secret",
            "https://host/v1#sk-very-secret",
            "sk-very-secret",
            "ftp://sk-very-secret/v1",
        ] {
            let error = Server::new(base, None).unwrap_err().to_string();
            assert!(error.starts_with("EXP_LLM_URL"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_address_that_holds_the_key_is_refused() {
        for base in [
            "https://host/v1/sk-Very-secret/openai",
            "https://SK-VERY-SECRET.example/v1",
            "https://host/sk%2Dvery-secret",
        ] {
            let error = Server::new(base, Some("sk-Very-secret")).unwrap_err();
            assert_eq!(error, ServerError::NotBare { part: "the key" });
        }
        // What is no secret may be in the address.
        Server::new("http://ollama:11434/v1", Some("ollama")).unwrap();
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_not_shown() {
        let error = Server::new("http://host/v1", Some("very secret")).unwrap_err();
        assert_eq!(error, ServerError::Key);
        assert!(!error.to_string().contains("very"));
        let shown = format!("{:?}", Server::new("http://host/v1", Some("very-secret")));
        assert!(!shown.contains("very-secret"), "{shown}");
    }
}
