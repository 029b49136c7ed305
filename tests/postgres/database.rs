//! A PostgreSQL server of the test's own, on a free port of this machine.

#![expect(clippy::print_stderr, reason = "what the machine does not let us do is told")]

use crate::workplace::free_address;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server, gone with its data when this is dropped.
pub(crate) struct Database {
    folder: TempDir,
    address: SocketAddr,
    server: Option<Child>,
    /// Whoever holds the small disk that its data lies on.
    disk: Option<Child>,
}

/// How big a small disk is: what an empty server takes, and a little.
const SMALL: &str = "size=96m,mode=0777";

/// Where Debian puts the programs of the newest version that is there.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let newest = versions.map(|one| one.unwrap().path()).max_by_key(|path| {
        path.file_name().unwrap().to_string_lossy().parse::<u32>().unwrap_or_default()
    });
    newest.expect("a version of PostgreSQL").join("bin")
}

/// A program of the server's. It refuses to run as root, so root lets Debian's user run it.
fn program(name: &str) -> Command {
    let path = programs().join(name);
    if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"]);
        command.arg(path);
        command
    } else {
        Command::new(path)
    }
}

fn is_root() -> bool {
    let out = Command::new("id").arg("-u").output().unwrap();
    out.stdout.trim_ascii() == b"0"
}

impl Database {
    /// Makes an empty one and starts it.
    pub(crate) fn start() -> Self {
        Self::start_with(None, tempfile::tempdir().unwrap())
    }

    /// The same on a disk that can be [filled](Self::fill). Where this machine lets nobody mount one, the database itself refuses what it
    /// would refuse on a full disk.
    pub(crate) fn small() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut holder = Command::new("unshare");
        if !is_root() {
            holder.args(["--user", "--map-root-user"]);
        }
        let script = format!("mount -t tmpfs -o {SMALL} tmpfs \"$0\" && echo mounted && exec cat");
        let disk = holder
            .args(["--mount", "sh", "-c", &script])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let disk = disk.ok().and_then(|mut disk| {
            let mut said = [0; 8];
            let mounted = disk.stdout.as_mut().unwrap().read_exact(&mut said).is_ok();
            if !mounted {
                disk.wait().unwrap();
            }
            mounted.then_some(disk)
        });
        if disk.is_none() {
            eprintln!("no disk can be mounted here: the database refuses by itself");
        }
        Self::start_with(disk, folder)
    }

    /// A program of the server's, where its disk is.
    fn program(&self, name: &str) -> Command {
        let own = program(name);
        let Some(disk) = &self.disk else { return own };
        let mut command = Command::new("nsenter");
        let pid = disk.id().to_string();
        command.args(["--target", &pid, "--mount"]);
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(own.get_program()).args(own.get_args());
        command
    }

    /// A file on its disk, as this process reaches it.
    fn ballast(&self) -> Option<PathBuf> {
        let root = format!("/proc/{}/root", self.disk.as_ref()?.id());
        let inside = self.folder.path().strip_prefix("/").unwrap();
        Some(PathBuf::from(root).join(inside).join("ballast"))
    }

    /// Nothing more can be written from now on.
    pub(crate) fn fill(&self) {
        let Some(ballast) = self.ballast() else {
            for table in ["coc_record", "coc_inbox"] {
                self.ask(&format!(
                    "CREATE FUNCTION full_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
                     BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;
                     CREATE TRIGGER full BEFORE INSERT ON {table} EXECUTE FUNCTION full_{table}();"
                ));
            }
            return;
        };
        let mut file = File::create(ballast).unwrap();
        let mut bytes: &[u8] = &[0; 64 << 10];
        while !bytes.is_empty() {
            match file.write_all(bytes) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => {
                    bytes = &bytes[..bytes.len() / 2]
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// There is room again. A server that gave up meanwhile is started, as its machine would.
    pub(crate) fn empty(&mut self) {
        let Some(ballast) = self.ballast() else {
            for table in ["coc_record", "coc_inbox"] {
                self.ask(&format!("DROP FUNCTION full_{table} CASCADE"));
            }
            return;
        };
        std::fs::remove_file(ballast).unwrap();
        if let Some(ended) = self.server.as_mut().and_then(|server| server.try_wait().unwrap()) {
            eprintln!("the server had given up: {ended}");
            self.server = None;
            self.run();
        }
    }

    fn start_with(disk: Option<Child>, folder: TempDir) -> Self {
        let mut database = Self { folder, address: free_address(), server: None, disk };
        database.make();
        database.run();
        database
    }

    fn make(&self) {
        if is_root() {
            let given =
                Command::new("chown").arg("postgres:postgres").arg(self.folder.path()).status();
            assert!(given.unwrap().success());
        }
        // small segments, so that a small disk holds some
        let made = self
            .program("initdb")
            .args([
                "--wal-segsize",
                "1",
                "--auth",
                "trust",
                "--username",
                "coc",
                "--no-sync",
                "--encoding",
                "UTF8",
                "--locale",
                "C",
            ])
            .arg("--pgdata")
            .arg(self.data())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address under which programs find it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://coc@{}/postgres", self.address)
    }

    /// Starts it again on what it kept.
    pub(crate) fn run(&mut self) {
        assert!(self.server.is_none());
        // whoever was killed left it behind
        if self.disk.is_none() {
            let _gone = std::fs::remove_file(self.data().join("postmaster.pid"));
        }
        let server = self
            .program("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.address.port().to_string(), "-h", "127.0.0.1"])
            .arg("-k")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
        let since = Instant::now();
        while !self.answers() {
            assert!(since.elapsed() < Duration::from_secs(30), "PostgreSQL did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn answers(&self) -> bool {
        let ready = program("pg_isready")
            .args(["-q", "-h", "127.0.0.1", "-p", &self.address.port().to_string()])
            .status();
        ready.unwrap().success()
    }

    /// The one value that a question is answered with.
    pub(crate) fn ask(&self, question: &str) -> String {
        let answer = program("psql").args(["-At", "-c", question, &self.url()]).output().unwrap();
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).unwrap().trim().to_owned()
    }

    /// Ends it at once, as a machine that loses its power would: what was committed is there afterwards.
    pub(crate) fn stop(&mut self) {
        let mut server = self.server.take().unwrap();
        let status = self
            .program("pg_ctl")
            .args(["stop", "--mode", "immediate", "--silent", "-D"])
            .arg(self.data())
            .status();
        assert!(status.unwrap().success());
        server.wait().unwrap();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.server.is_some() {
            self.stop();
        }
        if let Some(mut disk) = self.disk.take() {
            drop(disk.stdin.take());
            disk.wait().unwrap();
        }
    }
}
