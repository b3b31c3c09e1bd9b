# Peers in namespaces of their own, as containers have them: dot-source this in BeforeAll, after Peers.ps1. It takes
# root.

# Whether this user may make namespaces here, and enter them.
function Test-Space {
    $null = & unshare --ipc --mount --propagation private true 2>$null
    $LASTEXITCODE -eq 0
}

# Starts the Perl peer in an IPC and mount namespace of its own, with a /dev/shm of so many kilobytes. -Script runs in
# it first, and -Option goes to unshare; -IpcOnly leaves /dev/shm as it is here. Send-Peer and Stop-Peer serve it like
# any other.
function Start-Space {
    param([int] $Kilobytes = 1024, [string] $Script = 'true', [string[]] $Option = @(), [switch] $IpcOnly)
    $mount = if ($IpcOnly) { 'true' } else { "mount -t tmpfs -o size=${Kilobytes}k,mode=1777 shm /dev/shm" }
    $kinds = if ($IpcOnly) { '--ipc' } else { '--ipc', '--mount', '--propagation', 'private' }
    $peer = Convert-Path "$PSScriptRoot/../native/shmpeer.pl"
    $space = Start-Program unshare (
        @($kinds) + $Option + @('--', 'sh', '-c', "$mount && $Script && exec perl `"`$0`"", $peer))
    # Its first answer comes from within.
    $null = Send-Peer $space pid
    $space
}

# What lsns and ls call the IPC namespace of a process.
function Get-IpcName($ProcessId) { [IO.FileInfo]::new("/proc/$ProcessId/ns/ipc").LinkTarget }

# What the kernel's own table says in the namespace of a process, one line for each segment.
function Get-TableThere($ProcessId) {
    @(& nsenter --target $ProcessId --ipc cat /proc/sysvipc/shm | Select-Object -Skip 1)
}

# A control group hierarchy in which this user may make groups that need no settings first; nothing where there is none.
function Get-GroupFolder {
    $top = '/sys/fs/cgroup'
    foreach ($folder in "$top/systemd", "$top/freezer", "$top/unified", $top) {
        if (Test-Path "$folder/cgroup.procs") {
            $probe = "$folder/pst-probe-$PID"
            try {
                $null = New-Item $probe -ItemType Directory -Force
                [IO.Directory]::Delete($probe)
                return $folder
            }
            catch { continue }
        }
    }
}
