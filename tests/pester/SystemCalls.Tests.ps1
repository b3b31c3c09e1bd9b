# What one use of a segment costs in system calls. Witness: strace, beside the runtime's own calls for its own memory.

BeforeDiscovery {
    $noTracer = -not (Get-Command strace -CommandType Application -ErrorAction Ignore)
}

Describe 'System calls of one access' -Skip:$noTracer {
    BeforeAll {
        . "$PSScriptRoot/ChildHost.ps1"

        # A size that nothing else there has: only the calls that map so much count, beside those on files and segments.
        $size = 19 * 4096
        $log = Join-Path $TestDrive 'calls'
        $calls = 'open',
            'openat', 'openat2', 'stat', 'lstat', 'fstat', 'statx', 'newfstatat', 'statfs', 'fstatfs', 'read',
            'pread64', 'fcntl', 'lseek', 'close', 'shmget', 'shmat', 'shmdt', 'shmctl', 'membarrier',
            'process_vm_readv',
            'process_vm_writev', 'mincore', 'mmap', 'munmap'

        # Each is warm before it counts. Files that do not exist mark where it begins and ends.
        $script = @"
`$name = "/pst-calls-`$PID"
`$null = New-ShmSegment `$name -Size $size
`$private = New-ShmSegment -Private -Size $size
`$mapping = Mount-ShmSegment `$name
`$mutex = New-ShmMutex `$mapping -Offset 64
`$statements = @{
    ReadPosix = { `$null = Read-ShmData `$name -As Int32 }
    WritePosix = { Write-ShmData `$name 5 -As Int32 }
    ReadSysV = { `$null = Read-ShmData -Id `$private.Id -As Int32 }
    Mounted = {
        `$null = Read-ShmData `$mapping -As Int32
        Write-ShmData `$mapping 7 -As Int32
        `$null = Update-ShmValue `$mapping -Offset 8 -Add 1
        `$null = `$mutex.Lock()
        `$mutex.Unlock()
    }
}
foreach (`$turn in 1..40) { foreach (`$statement in `$statements.Values) { . `$statement } }
foreach (`$entry in `$statements.GetEnumerator()) {
    `$null = [System.IO.File]::Exists("/pst-from-`$(`$entry.Key)")
    . `$entry.Value
    `$null = [System.IO.File]::Exists('/pst-to-here')
}
`$mapping | Dismount-ShmSegment
Remove-ShmSegment `$name
`$private | Remove-ShmSegment
"@
        Invoke-ChildHost $script -Through strace, -f, --seccomp-bpf, -qq, -e, "trace=$($calls -join ',')", -o, $log |
            Out-Null
        $lines = Get-Content -LiteralPath $log

        function Get-CallName([string] $Which) {
            $first = $lines.Where({ $_.Contains("/pst-from-$Which") }, 'First')[0]
            $first | Should -Not -BeNullOrEmpty
            $thread = ($first -split ' ')[0]
            $lines.Where({ $_ -eq $first }, 'SkipUntil').Where({ $_.Contains('/pst-to-here') }, 'Until') |
                Select-Object -Skip 1 | ForEach-Object {
                    if ($_ -match "^$thread +(\w+)\(" -and ($Matches[1] -notlike 'm*map' -or $_.Contains(", $size"))) {
                        $Matches[1]
                    }
                }
        }
    }

    It 'reads 4 bytes of a POSIX object by name by opening, looking once, mapping and letting go' {
        Get-CallName ReadPosix | Should -Be openat, statx, mmap, close, munmap
    }

    It 'writes them by as many' {
        Get-CallName WritePosix | Should -Be openat, statx, mmap, close, munmap
    }

    It 'reads 4 bytes of a System V segment by attaching and two looks' {
        Get-CallName ReadSysV | Should -Be shmctl, shmat, shmctl, shmdt
    }

    It 'reads, writes, counts and locks by none what is mounted' {
        Get-CallName Mounted | Should -BeNullOrEmpty
    }
}
