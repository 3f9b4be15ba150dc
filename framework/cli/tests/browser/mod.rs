//! Pages in a real browser, driven by the DevTools protocol
//! (<https://chromedevtools.github.io/devtools-protocol/>) over a pair of pipes, which needs no
//! other program than Chromium itself.
#![allow(dead_code)]

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What is asked of every page; see there.
const CHECKS: &str = include_str!("checks.js");

/// A browser with one page.
pub struct Browser {
    child: Child,
    commands: File,
    answers: BufReader<File>,
    session: String,
    last: u64,
    /// Console messages, and requests that failed, of the page that is open.
    pub messages: Vec<String>,
    loaded: bool,
    _folder: TempDir,
}

impl Browser {
    /// Starts Chromium; `None` where there is none, which only CI must have.
    pub fn start() -> Option<Self> {
        let program = ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find(|name| Command::new(name).arg("--version").output().is_ok());
        let Some(program) = program else {
            assert!(std::env::var_os("CI").is_none(), "CI must have a browser");
            println!("not checked: there is no Chromium on this machine");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let [commands, answers] = ["commands", "answers"].map(|name| folder.path().join(name));
        let made = Command::new("mkfifo").args([&commands, &answers]).status();
        assert!(made.unwrap().success());
        // Chromium reads commands from file 3 and writes answers to file 4. A page that hangs ends
        // with it.
        let child = Command::new("sh")
            .args(["-c", "exec timeout 180 \"$@\" 3<commands 4>answers", "sh"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-quic", "--no-first-run", "--disable-sync"])
            .args(["--disable-background-networking", "--hide-scrollbars"])
            .args(["--disable-component-update", "--remote-debugging-pipe"])
            .arg("--user-data-dir=profile")
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The shell waits for the other end of each, in this order.
        let commands = OpenOptions::new().write(true).open(commands).unwrap();
        let answers = BufReader::new(File::open(answers).unwrap());
        let mut browser = Self {
            child,
            commands,
            answers,
            session: String::new(),
            last: 0,
            messages: Vec::new(),
            loaded: false,
            _folder: folder,
        };
        let page = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let page = json!({"targetId": page["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", page);
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Opens a page in a window of a width, in the light or the dark scheme, and waits until it is
    /// there.
    pub fn visit(&mut self, address: &str, width: u32, scheme: &str) {
        let window =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", window);
        let scheme = json!({"name": "prefers-color-scheme", "value": scheme});
        self.call("Emulation.setEmulatedMedia", json!({"features": [scheme]}));
        self.messages.clear();
        self.loaded = false;
        let opened = self.call("Page.navigate", json!({"url": address}));
        assert!(opened.get("errorText").is_none(), "{address}: {opened}");
        while !self.loaded {
            self.hear();
        }
    }

    /// What an expression gives in the page, after its promise is kept.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", asked);
        assert!(answer.get("exceptionDetails").is_none(), "{answer:#}");
        answer["result"]["value"].take()
    }

    /// Presses a key as a person does.
    pub fn press(&mut self, key: &str, text: &str, code: u32) {
        for kind in ["keyDown", "keyUp"] {
            let mut event =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut command = json!({"id": id, "method": method, "params": parameters});
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        self.commands
            .write_all(format!("{command}\0").as_bytes())
            .unwrap();
        loop {
            let mut heard = self.hear();
            if heard["id"] == json!(id) {
                assert!(heard.get("error").is_none(), "{method}: {heard}");
                return heard["result"].take();
            }
        }
    }

    /// The next thing that the browser says, noted if it is an event.
    fn hear(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.answers.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser went away");
        let heard: Value = serde_json::from_slice(&bytes).unwrap();
        match heard["method"].as_str().unwrap_or_default() {
            "Page.loadEventFired" => self.loaded = true,
            "Runtime.consoleAPICalled"
            | "Runtime.exceptionThrown"
            | "Log.entryAdded"
            | "Network.loadingFailed" => self.messages.push(heard["params"].to_string()),
            _ => {}
        }
        heard
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Where it is gone already there is nothing to close.
        let close = json!({"id": 0, "method": "Browser.close"});
        let _ = self.commands.write_all(format!("{close}\0").as_bytes());
        let _ = self.child.wait();
    }
}

/// The address of a file.
pub fn address(file: &Path) -> String {
    format!("file://{}", file.canonicalize().unwrap().display())
}

/// Opens a page wide and narrow, light and dark: its console stays empty and no request fails, its
/// headings follow each other, nothing sticks out or overlaps, and axe finds nothing.
pub fn holds(browser: &mut Browser, address: &str) {
    let axe = std::env::var_os("EXP_AXE").map(|path| std::fs::read_to_string(path).unwrap());
    if axe.is_none() {
        println!("not checked: axe; EXP_AXE names no axe.min.js (npm pack axe-core)");
    }
    for (width, scheme) in [
        (1400, "light"),
        (1400, "dark"),
        (400, "light"),
        (400, "dark"),
    ] {
        browser.visit(address, width, scheme);
        let found = browser.evaluate(CHECKS);
        assert_eq!(
            found,
            json!([]),
            "{address} at {width}, {scheme}: {found:#}"
        );
        if let Some(axe) = &axe {
            browser.evaluate(&format!("{axe}; 0"));
            let found = browser.evaluate(
                "document.querySelectorAll('details').forEach((one) => (one.open = true));
                axe.run().then(({violations}) => violations.map((one) => [one.id, one.help,
                    one.nodes.slice(0, 3).map((node) => [node.html.slice(0, 300), node.failureSummary])]))",
            );
            assert_eq!(
                found,
                json!([]),
                "{address} at {width}, {scheme}: {found:#}"
            );
        }
        assert_eq!(browser.messages, [""; 0], "{address} at {width}, {scheme}");
    }
}

/// Whether a file's page holds.
pub fn opens(page: &Path) {
    if let Some(mut browser) = Browser::start() {
        holds(&mut browser, &address(page));
    }
}
