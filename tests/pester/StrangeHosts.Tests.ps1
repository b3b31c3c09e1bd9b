# Hosts as containers and administrators make them: /dev/shm missing, read-only, closed, full, without the right to run
# code, another file system than tmpfs, with huge pages of its own; System V memory that goes with its last attachment.
# One host of its own goes through all states: each is told as what it is, and nothing is left of what failed.

BeforeDiscovery {
    $noRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    . "$PSScriptRoot/ChildHost.ps1"
    # A host with an IPC and a mount namespace of its own; what it says, by line.
    function Invoke-StrangeHost([string] $Script, [string[]] $Through = @()) {
        @(Invoke-ChildHost -Through (@('unshare', '-i', '-m', '--propagation', 'private') + $Through) -Script (@'
            $ErrorActionPreference = 'Stop'
            function Try-It([scriptblock] $Do) {
                try { $got = @(& $Do); "ok $($got.Count)" } catch { $_.FullyQualifiedErrorId.Split(',')[0] }
            }
'@ + "`n$Script"))
    }
}

Describe 'A /dev/shm' -Tag Root -Skip:$noRoot {
    BeforeAll {
        # One host goes through all states, for each takes its time to start; what it says begins with the state.
        $said = Invoke-StrangeHost @'
            $states = [ordered]@{
                'read-only' = 'mount -o remount,ro /dev/shm'
                'full' = 'head -c 8m /dev/zero > /dev/shm/filler 2>/dev/null'
                'without inodes' = 'mount -o remount,nr_inodes=2 /dev/shm'
                'noexec' = 'mount -o remount,noexec,nosuid,nodev /dev/shm'
                'ramfs' = 'mount -t ramfs none /dev/shm && head -c 8192 /dev/zero > /dev/shm/was'
                'a folder' = 'mkdir $HOME/disk && mount --bind $HOME/disk /dev/shm && head -c 8192 /dev/zero > /dev/shm/was'
                'huge' = 'mount -t tmpfs -o huge=always,size=64m none /dev/shm && head -c 8192 /dev/zero > /dev/shm/was'
                'removed' = 'mkdir $HOME/gone && mount --bind $HOME/gone /dev/shm && rmdir $HOME/gone'
                'missing' = 'mount -t tmpfs none /dev; for n in null:3 zero:5 random:8 urandom:9; do mknod -m 666 /dev/${n%:*} c 1 ${n#*:}; done'
            }
            foreach ($state in $states.Keys) {
                bash -c 'mount -t tmpfs -o mode=1777,size=4m none /dev/shm && head -c 8192 /dev/zero > /dev/shm/was' 2> $null
                bash -c $states[$state]
                $said = @(
                    "new $(Try-It { New-ShmSegment /new -Size 12288 })"
                    "list $(Try-It { Get-ShmSegment -Kind Posix | Where-Object Name -NotIn /new, /filler })"
                    "mount $(Try-It { Mount-ShmSegment /was -Offset 4096 })"
                    "read $(Try-It { Read-ShmData /was -As Int32 -Count 4 })"
                    "execute $(Try-It { Mount-ShmSegment /was -Protection Read, Execute })"
                    Get-ShmMapping | ForEach-Object { $_.Dispose() }
                    "remove $(Try-It { Remove-ShmSegment /was })"
                    # What needs no /dev/shm.
                    "memfd $(Try-It { $m = New-ShmSegment -Anonymous -Size 8192 -Mount; Write-ShmData $m 7; Read-ShmData $m -As Int32; $m.Dispose() })"
                    $m = New-ShmSegment -Private -Size 8192 -Mount -Ephemeral
                    "sysv $(Try-It { Write-ShmData $m 7; Read-ShmData $m -As Int32 })"
                    "both $(@(Get-ShmSegment -ErrorAction SilentlyContinue | Where-Object Kind -EQ SysV).Count)"
                    "stat $(@(Get-ShmStat -ErrorAction SilentlyContinue | Where-Object Kind -EQ SysV).Count)"
                    $m.Dispose()
                    "left $(@([IO.Directory]::Exists('/dev/shm') ? [IO.Directory]::GetFileSystemEntries('/dev/shm') : @()) -notmatch '/(new|was|filler)$')"
                )
                $said | ForEach-Object { "${state}: $_" }
                if ($state -eq 'without inodes') {
                    bash -c 'mount -t tmpfs -o mode=1777,nr_inodes=3 none /dev/shm; touch /dev/shm/sem.mp-{a,b}'
                    try { New-ShmSegment /new -Size 4096 -ErrorAction Stop } catch { "semaphores: $_" }
                    $advised = "$((Test-ShmHost Limits).Fix)" -split '; ' -match '^Find-ShmOrphan'
                    "semaphores: $(@(& ([scriptblock]::Create("$($advised -replace '#.*') -OlderThan 0s"))).Name)"
                    bash -c 'umount /dev/shm'
                }
            }
'@
    }

    It 'that is <State> is told as such, and everything else goes on' -ForEach @(
        @{ State = 'read-only'; New = 'AccessDenied'; Mount = 'AccessDenied'; Remove = 'AccessDenied' }
        @{ State = 'full'; New = 'NoSpace' }
        @{ State = 'without inodes'; New = 'NoSpace' }
        @{ State = 'noexec'; Execute = 'AccessDenied' }
        @{ State = 'ramfs' }
        @{ State = 'a folder' }
        @{ State = 'huge' }
        @{ State = 'removed'; New = 'PlatformNotSupported'; List = 'PlatformNotSupported'; Mount = 'SegmentNotFound'
            Read = 'SegmentNotFound'; Execute = 'SegmentNotFound'; Remove = 'SegmentNotFound' }
        @{ State = 'missing'; New = 'PlatformNotSupported'; List = 'PlatformNotSupported'
            Mount = 'PlatformNotSupported'; Read = 'PlatformNotSupported'; Execute = 'PlatformNotSupported'
            Remove = 'PlatformNotSupported' }
    ) {
        $said -match "^${State}: " -replace "^${State}: " |
            Should -Be "new $($New ?? 'ok 1')", "list $($List ?? 'ok 1')", "mount $($Mount ?? 'ok 1')",
            "read $($Read ?? 'ok 4')", "execute $($Execute ?? 'ok 1')", "remove $($Remove ?? 'ok 0')", 'memfd ok 1',
            'sysv ok 1', 'both 1', 'stat 1', 'left '
    }

    It 'that is full of named semaphores says that inodes are missing, and how to find what takes them' {
        $about, $found = $said -match '^semaphores: '
        $about | Should -BeLike '*inode*-IncludeSemaphore*'
        $found | Should -BeExactly 'semaphores: /sem.mp-a /sem.mp-b'
    }

    It 'whose file system has huge pages changes no page size of ours' {
        $said = Invoke-StrangeHost -Through bash, -c,
            'mount -t tmpfs -o huge=always,size=64m none /dev/shm && exec "$@"', bash @'
            $s = New-ShmSegment /h -Size 8192
            # What the file system says of itself: blocks of 2 MB.
            "$([int](stat -c %o /dev/shm/h) -gt 4096) [$($s.Status)] $((Mount-ShmSegment $s).PageSize -eq [Environment]::SystemPageSize)"
            Try-It { Mount-ShmSegment $s -Offset 4096 }
            Try-It { Resize-ShmSegment $s -Size 12288 }
            Try-It { Set-ShmProtection (Mount-ShmSegment $s) Read -Offset 4096 -Length 4096 }
            Try-It { Dismount-ShmSegment (Mount-ShmSegment $s) -Offset 4096 -Length 4096 }
            stat -c %s /dev/shm/h
'@
        $said | Should -Be 'True [None] True', 'ok 1', 'ok 0', 'ok 0', 'ok 0', '12288'
    }

    It 'that this user may not enter says so' {
        $said = Invoke-StrangeHost -Through bash, -c,
            'mount -t tmpfs -o mode=0700 none /dev/shm && exec setpriv --reuid=65534 --clear-groups "$@"', bash @'
            Try-It { New-ShmSegment /new -Size 4096 }
            Try-It { Get-ShmSegment -Kind Posix }
            Try-It { Mount-ShmSegment /new }
            Try-It { Remove-ShmSegment /new }
            Try-It { Get-ShmStat -Kind SysV }
'@
        $said | Should -Be 'AccessDenied', 'AccessDenied', 'AccessDenied', 'AccessDenied', 'ok 0'
    }
}

Describe 'A host that destroys System V segments with their last attachment (kernel.shm_rmid_forced)' -Tag Root -Skip:$noRoot {
    It 'lets segments be made and used as long as they are mounted, and refuses what would lose bytes' {
        $said = Invoke-StrangeHost -Through bash, -c,
            'mount -t tmpfs none /dev/shm && echo 1 > /proc/sys/kernel/shm_rmid_forced && exec "$@"', bash @'
            $s = New-ShmSegment -Private -Size 4096
            "made $(@(ipcs -m | Where-Object { (-split $_)[1] -eq $s.Id }).Count)"
            $m = Mount-ShmSegment $s
            "used $(Try-It { Write-ShmData $m 7 }) $(Read-ShmData $m -As Int32)"
            "again $(Try-It { Read-ShmData -Id $s.Id -As Int32 })"
            Dismount-ShmSegment $m
            "gone $(Try-It { Mount-ShmSegment -Id $s.Id })"
            $e = New-ShmSegment -Private -Size 4096 -Ephemeral
            "ephemeral $(Try-It { Write-ShmData $e 7 })"
            Export-ShmSegment $e $HOME/x.shm
            "import $(Try-It { Import-ShmSegment $HOME/x.shm -Private })"
            "posix $(Try-It { Import-ShmSegment $HOME/x.shm -Name /x }) $(Read-ShmData /x -As Int32)"
            $e.Dispose()
            "key $(Try-It { New-ShmSegment -Key 0x77 -Size 4096 -AllowExisting })"
            "left $(@(ipcs -m | Where-Object { $_ -match '^0x' }).Count)"
            Remove-Item $HOME/x.shm*
'@
        $said | Should -Be 'made 1', 'used ok 0 7', 'again ok 1', 'gone SegmentNotFound', 'ephemeral ok 0',
            'import NotSupportedByKind', 'posix ok 1 7', 'key ok 1', 'left 1'
    }
}
