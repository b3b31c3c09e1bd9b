# What a scenario file left behind: segments of the host, and mappings and descriptors of this process. The witness is
# the kernel, not the module. Where the host is shared (no private namespaces), only what this process holds can be
# blamed on it.

function Get-SharedMemory {
    $shared = ' /dev/shm/| /SYSV| /memfd:| /dev/hugepages/|anon_inode:\[pidfd\]'
    # .NET writes the code that it compiles through a memfd of this name.
    $runtime = '/memfd:doublemapper'
    if ($env:PSSHM_PRIVATE_HOST) {
        Get-Content /proc/sysvipc/shm | Select-Object -Skip 1 | ForEach-Object { "System V segment $((-split $_)[1])" }
        Get-ChildItem /dev/shm -Recurse -Force -ErrorAction Ignore | ForEach-Object { "object $($_.FullName)" }
    }
    Get-Content /proc/self/maps | Where-Object { $_ -match $shared -and $_ -notmatch $runtime } |
        ForEach-Object { "mapping $_" }
    Get-ChildItem /proc/self/fd | ForEach-Object { " $($_.LinkTarget)" } |
        Where-Object { $_ -match $shared -and $_ -notmatch $runtime } | ForEach-Object { "descriptor$_" }
}

# What is there now and was not before. Finalizers run first; what others clean up has some seconds to go.
function Wait-LeftBehind($Before) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    do {
        [GC]::Collect()
        [GC]::WaitForPendingFinalizers()
        $left = @(Get-SharedMemory | Where-Object { $_ -notin $Before })
        if (-not $left) { return }
        Start-Sleep -Milliseconds 100
    } while ($watch.Elapsed.TotalSeconds -lt 20)
    $left
}
