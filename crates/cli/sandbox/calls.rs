//! Calls that nobody needs who reads packets, refused by a filter in the kernel (seccomp).

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter_all_threads,
};
use std::collections::BTreeMap;

/// Calls that nobody needs who reads packets. Those of x32 differ by a bit, and three by their number.
const REFUSED: [i64; 42] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    // Through a socket that is open frames could be sent: that of a capture.
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_submit,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_open_tree,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
];
/// Calls that write to what their first argument names, or copy that.
const WRITE: &[i64] = &[
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_sendfile,
    libc::SYS_dup,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
    libc::SYS_dup3,
];
/// The bit of a call of x32, and those of them that have numbers of their own: execve, ptrace, execveat.
const X32: i64 = 0x4000_0000;
const X32_REFUSED: [i64; 3] = [X32 + 520, X32 + 521, X32 + 545];

/// Commands typed into the terminal that the process was started from: `TIOCSTI`, and `TIOCLINUX` on a console.
fn typing() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    [libc::TIOCSTI, libc::TIOCLINUX].into_iter().map(|asked| SeccompRule::new(vec![is(1, asked)?])).collect()
}

/// Processes in namespaces of their own, in which they would have all capabilities.
fn namespaces() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let flags = [
        libc::CLONE_NEWNS,
        libc::CLONE_NEWCGROUP,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
    ];
    let has = |flag: i32| {
        let flag = flag as u64;
        let asked = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)?;
        SeccompRule::new(vec![asked])
    };
    flags.into_iter().map(has).collect()
}

/// Clients of any socket but this one.
fn elsewhere(listener: i32) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let other = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, listener as u64)?;
    Ok(vec![SeccompRule::new(vec![other])?])
}

/// A condition on an argument of 32 bits.
fn is(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

/// Descriptors of captures that one filter asks about. A filter has at most 4096 instructions, and one takes some 130 of them.
const AT_ONCE: usize = 24;

/// What would send frames through what captures them, by call.
fn sending(captures: &[i32]) -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let mut refused: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for &capture in captures {
        for call in WRITE {
            refused.entry(*call).or_default().push(SeccompRule::new(vec![is(0, capture as u64)?])?);
        }
        for copy in [libc::F_DUPFD, libc::F_DUPFD_CLOEXEC] {
            let rule = SeccompRule::new(vec![is(0, capture as u64)?, is(1, copy as u64)?])?;
            refused.entry(libc::SYS_fcntl).or_default().push(rule);
        }
        refused.entry(libc::SYS_splice).or_default().push(SeccompRule::new(vec![is(2, capture as u64)?])?);
    }
    Ok(refused)
}

/// What is refused, by call: always where there is no rule, else where one of them says so.
fn refused(listener: Option<i32>) -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
    let numbers = X32_REFUSED.iter().filter(|_| x32() != 0);
    let mut refused: BTreeMap<_, _> = REFUSED.iter().chain(numbers).map(|call| (*call, Vec::new())).collect();
    refused.extend(REFUSED.iter().map(|call| (call | x32(), Vec::new())));
    refused.extend(both([(libc::SYS_ioctl, typing()?), (libc::SYS_clone, namespaces()?)]));
    if let Some(listener) = listener {
        refused.insert(libc::SYS_accept4, elsewhere(listener)?);
    }
    Ok(refused)
}

/// The bit of calls of x32, where there are such.
fn x32() -> i64 {
    if cfg!(target_arch = "x86_64") { X32 } else { 0 }
}

/// Rules for calls, and for those of x32.
fn both(
    rules: impl IntoIterator<Item = (i64, Vec<SeccompRule>)>,
) -> impl Iterator<Item = (i64, Vec<SeccompRule>)> {
    rules.into_iter().flat_map(|(call, rules)| [(call, rules.clone()), (call | x32(), rules)])
}

/// Refuses them, in all threads. Clients are accepted from a socket that is listened on, where there is one; nothing is written to
/// what frames are captured from.
pub(super) fn refuse_calls(listener: Option<i32>, captures: &[i32]) -> Result<String, String> {
    for program in programs(listener, captures)? {
        apply_filter_all_threads(&program).map_err(|why| why.to_string())?;
    }
    Ok("no sockets, no programs, no namespaces, no other processes".to_string())
}

/// The filters, each of which may refuse a call.
fn programs(listener: Option<i32>, captures: &[i32]) -> Result<Vec<BpfProgram>, String> {
    let failed = |why: seccompiler::BackendError| why.to_string();
    // What clone3 is asked for lies in memory, where no filter looks; who is told that there is none uses clone.
    let clone3 = both([(libc::SYS_clone3, Vec::new())]).collect();
    let mut programs =
        vec![program(clone3, libc::ENOSYS)?, program(refused(listener).map_err(failed)?, libc::EPERM)?];
    for some in captures.chunks(AT_ONCE) {
        programs.push(program(both(sending(some).map_err(failed)?).collect(), libc::EPERM)?);
    }
    Ok(programs)
}

/// The program of a filter that answers these calls with an error.
fn program(refused: BTreeMap<i64, Vec<SeccompRule>>, error: i32) -> Result<BpfProgram, String> {
    let arch =
        std::env::consts::ARCH.try_into().map_err(|_| "it does not know this processor".to_string())?;
    let denied = SeccompAction::Errno(error as u32);
    let filter = SeccompFilter::new(refused, SeccompAction::Allow, denied, arch);
    filter.and_then(TryInto::try_into).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel does with a call, as `seccomp(2)` says: the program's answer to its number and arguments.
    fn answer(program: &BpfProgram, call: i64, arguments: [u64; 6]) -> u32 {
        // AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64.
        let arch: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };
        let mut data = [(call as u32).to_ne_bytes(), arch.to_ne_bytes(), [0; 4], [0; 4]].concat();
        data.extend(arguments.iter().flat_map(|argument| argument.to_ne_bytes()));
        let (mut at, mut a) = (0, 0_u32);
        loop {
            let step = &program[at];
            at += 1;
            let jump = |is_so: bool| usize::from(if is_so { step.jt } else { step.jf });
            match step.code {
                0x20 => a = u32::from_ne_bytes(data[step.k as usize..][..4].try_into().unwrap()),
                0x54 => a &= step.k,
                0x05 => at += step.k as usize,
                0x15 => at += jump(a == step.k),
                0x25 => at += jump(a > step.k),
                0x35 => at += jump(a >= step.k),
                0x45 => at += jump(a & step.k != 0),
                0x06 => return step.k,
                code => panic!("{code:#x} is not known"),
            }
        }
    }

    #[test]
    fn what_is_asked_for_decides_where_the_call_is_needed() {
        const ALLOWED: u32 = 0x7fff_0000;
        let refused_with = 0x0005_0000 | libc::EPERM as u32;
        // As many captures as there may be handles of three interfaces.
        let captures: Vec<i32> = (9..9 + 3 * 64).collect();
        let with = programs(Some(7), &captures).unwrap();
        let without = programs(None, &[]).unwrap();
        // What the kernel asks of all filters for one process: 32768 instructions, and four more of each.
        assert!(with.iter().map(|program| program.len() + 4).sum::<usize>() <= 32768);
        let first = |argument: u64| [argument, 0, 0, 0, 0, 0];
        // As glibc starts a thread, and as a namespace of users is made.
        let thread =
            libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_FILES | libc::CLONE_THREAD | libc::CLONE_SIGHAND;
        for (programs, call, arguments, is_allowed) in [
            (&with, libc::SYS_read, first(0), true),
            (&with, libc::SYS_socket, first(2), false),
            (&with, libc::SYS_accept4, first(7), true),
            (&with, libc::SYS_accept4, first(8), false),
            (&with, libc::SYS_sendto, first(7), false),
            (&with, libc::SYS_write, first(1), true),
            (&with, libc::SYS_write, first(9), false),
            (&with, libc::SYS_writev, first(10), false),
            (&with, libc::SYS_write, first(9 + 191), false),
            (&with, libc::SYS_write, first(9 + 192), true),
            (&with, libc::SYS_dup, first(9), false),
            (&with, libc::SYS_fcntl, [9, libc::F_DUPFD_CLOEXEC as u64, 0, 0, 0, 0], false),
            (&with, libc::SYS_fcntl, [9, libc::F_GETFL as u64, 0, 0, 0, 0], true),
            (&with, libc::SYS_splice, [1, 0, 9, 0, 0, 0], false),
            (&without, libc::SYS_write, first(9), true),
            (&without, libc::SYS_accept4, first(7), false),
            (&without, libc::SYS_clone, first(thread as u64), true),
            (&without, libc::SYS_clone, first(libc::CLONE_NEWUSER as u64), false),
            (&without, libc::SYS_clone, first((libc::CLONE_NEWNET | libc::SIGCHLD) as u64), false),
            (&without, libc::SYS_unshare, first(0), false),
            (&without, libc::SYS_ioctl, [0, libc::TIOCSTI, 0, 0, 0, 0], false),
            (&without, libc::SYS_ioctl, [0, libc::TCGETS, 0, 0, 0, 0], true),
        ] {
            // The kernel does what the strictest of them says; an error comes before leave.
            let answered = programs.iter().map(|program| answer(program, call, arguments)).min();
            let wanted = if is_allowed { ALLOWED } else { refused_with };
            assert_eq!(answered, Some(wanted), "call {call} with {arguments:?}");
        }
    }
}
