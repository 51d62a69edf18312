//! The child takes from itself what a reader does not need, before it reads a byte.
//!
//! Limits must hold or nothing is read. Landlock and seccomp are there on most kernels;
//! where they are not, the answer says so and a person is told.

use std::{fs, io, os::fd::RawFd};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetStatus, Scope,
};
use nix::{
    libc,
    sys::{
        prctl,
        resource::{Resource, setrlimit},
    },
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

use crate::ask::{Confined, Held, Limits};

/// As deep as a reader may call: what recurses without end ends here and not in memory.
const STACK: u64 = 8 << 20;

/// Confines this process, which has one thread, and says how far that went.
///
/// # Errors
/// When a limit cannot be set: then nothing may be read.
pub(crate) fn confine(limits: &Limits) -> io::Result<Confined> {
    close_inherited();
    // When the machine has no memory left, this is what goes first.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    prctl::set_dumpable(false)?;
    for (resource, most) in [
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_NPROC, 0),
        (Resource::RLIMIT_STACK, STACK),
        (Resource::RLIMIT_AS, limits.memory),
        (Resource::RLIMIT_CPU, limits.cpu),
    ] {
        setrlimit(resource, most, most)?;
    }
    let files = without_files().unwrap_or(Held::Not);
    // Landlock itself needed one.
    setrlimit(Resource::RLIMIT_NOFILE, 3, 3)?;
    let calls = few_calls().is_ok();
    Ok(Confined { files, calls })
}

/// Closes what a careless ancestor left open beside the three standard streams.
fn close_inherited() {
    let Ok(open) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    let numbers: Vec<RawFd> = open
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect();
    for fd in numbers {
        // The folder's own one is closed already.
        let _ = nix::unistd::close(fd);
    }
}

/// No path may be opened, no TCP port bound or reached, no other process's socket or signal.
fn without_files() -> Result<Held, landlock::RulesetError> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Held::Full,
        RulesetStatus::PartiallyEnforced => Held::Part,
        RulesetStatus::NotEnforced => Held::Not,
    })
}

/// Calls that a reader makes; each other one is answered with EPERM.
const CALLS: [libc::c_long; 24] = [
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_exit_group,
];

fn few_calls() -> Result<(), seccompiler::Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let filter = SeccompFilter::new(
        CALLS.into_iter().map(|call| (call, Vec::new())).collect(),
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        arch,
    )?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)
}
