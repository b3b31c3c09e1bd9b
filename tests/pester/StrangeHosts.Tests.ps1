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
    It 'that is <State> is told as such, and everything else goes on' -ForEach @(
        @{ State = 'read-only'; Setup = 'mount -o remount,ro /dev/shm'; New = 'AccessDenied'; List = 'ok 1'; Mount = 'AccessDenied'; Read = 'ok 4'; Remove = 'AccessDenied' }
        @{ State = 'full'; Setup = 'head -c 8m /dev/zero > /dev/shm/filler 2>/dev/null'; New = 'NoSpace'; List = 'ok 2'; Mount = 'ok 1'; Read = 'ok 4'; Remove = 'ok 0' }
        @{ State = 'without inodes'; Setup = 'mount -o remount,nr_inodes=2 /dev/shm'; New = 'NoSpace'; List = 'ok 1'; Mount = 'ok 1'; Read = 'ok 4'; Remove = 'ok 0' }
        @{ State = 'noexec'; Setup = 'mount -o remount,noexec,nosuid,nodev /dev/shm'; New = 'ok 1'; List = 'ok 1'; Mount = 'ok 1'; Read = 'ok 4'; Remove = 'ok 0'; Execute = 'AccessDenied' }
        @{ State = 'a ramfs'; Setup = 'mount -t ramfs none /dev/shm && head -c 8192 /dev/zero > /dev/shm/was'; New = 'ok 1'; List = 'ok 1'; Mount = 'ok 1'; Read = 'ok 4'; Remove = 'ok 0' }
        @{ State = 'a folder of a disk'; Setup = 'mkdir $HOME/disk && mount --bind $HOME/disk /dev/shm && head -c 8192 /dev/zero > /dev/shm/was'; New = 'ok 1'; List = 'ok 1'; Mount = 'ok 1'; Read = 'ok 4'; Remove = 'ok 0' }
        @{ State = 'of huge pages'; Setup = 'mount -t tmpfs -o huge=always,size=64m none /dev/shm && head -c 8192 /dev/zero > /dev/shm/was'; New = 'ok 1'; List = 'ok 1'; Mount = 'ok 1'; Read = 'ok 4'; Remove = 'ok 0' }
        @{ State = 'removed while it is mounted'; Setup = 'mkdir $HOME/gone && mount --bind $HOME/gone /dev/shm && rmdir $HOME/gone'; New = 'PlatformNotSupported'; List = 'PlatformNotSupported'; Mount = 'SegmentNotFound'; Read = 'SegmentNotFound'; Remove = 'SegmentNotFound' }
        @{ State = 'missing'; Setup = 'mount -t tmpfs none /dev; for n in null:3 zero:5 random:8 urandom:9; do mknod -m 666 /dev/${n%:*} c 1 ${n#*:}; done'; New = 'PlatformNotSupported'; List = 'PlatformNotSupported'; Mount = 'SegmentNotFound'; Read = 'SegmentNotFound'; Remove = 'SegmentNotFound' }
    ) {
        $first = 'mount -t tmpfs -o mode=1777,size=4m none /dev/shm && head -c 8192 /dev/zero > /dev/shm/was && '
        $said = Invoke-StrangeHost -Through bash, -c, "$first$Setup; exec `"`$@`"", bash @'
            "new $(Try-It { New-ShmSegment /new -Size 12288 })"
            "list $(Try-It { Get-ShmSegment -Kind Posix | Where-Object Name -NE /new })"
            "mount $(Try-It { Mount-ShmSegment /was -Offset 4096 })"
            "read $(Try-It { Read-ShmData /was -As Int32 -Count 4 })"
            "execute $(Try-It { Mount-ShmSegment /was -Protection Read, Execute })"
            "remove $(Try-It { Remove-ShmSegment /was })"
            # What needs no /dev/shm.
            "memfd $(Try-It { $m = New-ShmSegment -Anonymous -Size 8192 -Mount; Write-ShmData $m 7; Read-ShmData $m -As Int32 })"
            "sysv $(Try-It { $m = New-ShmSegment -Private -Size 8192 -Mount; Write-ShmData $m 7; Read-ShmData $m -As Int32 })"
            $got = @(Get-ShmSegment -ErrorAction SilentlyContinue)
            "both $(@($got | Where-Object Kind -EQ SysV).Count)"
            "stat $(@(Get-ShmStat -ErrorAction SilentlyContinue | Where-Object Kind -EQ SysV).Count)"
            "left $(@([IO.Directory]::Exists('/dev/shm') ? [IO.Directory]::GetFileSystemEntries('/dev/shm') : @()) -notmatch '/(new|was|filler)$')"
'@
        $execute = $Execute ?? ($Mount -match 'Not' ? $Mount : 'ok 1')
        $said | Should -Be "new $New", "list $List", "mount $Mount", "read $Read", "execute $execute", "remove $Remove", 'memfd ok 1', 'sysv ok 1', 'both 1', 'stat 1', 'left '
    }

    It 'whose file system has huge pages changes no page size of ours' {
        $said = Invoke-StrangeHost -Through bash, -c, 'mount -t tmpfs -o huge=always,size=64m none /dev/shm && exec "$@"', bash @'
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
        $said = Invoke-StrangeHost -Through bash, -c, 'mount -t tmpfs -o mode=0700 none /dev/shm && exec setpriv --reuid=65534 --clear-groups "$@"', bash @'
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
        $said = Invoke-StrangeHost -Through bash, -c, 'mount -t tmpfs none /dev/shm && echo 1 > /proc/sys/kernel/shm_rmid_forced && exec "$@"', bash @'
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
        $said | Should -Be 'made 1', 'used ok 0 7', 'again ok 1', 'gone SegmentNotFound', 'ephemeral ok 0', 'import NotSupportedByKind', 'posix ok 1 7', 'key ok 1', 'left 1'
    }
}
