# Filters of system calls, as container runtimes set them: what is refused has a way round, or is told as a documented
# error; nothing is left half made, nothing is lost, and nobody crashes. tests/native/deny.c sets the filter.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)

    # What still fails where a call is refused: the step, and its error ids. Everything else works as without a filter.
    $without = @{
        fallocate = @{ grow = 'AccessDenied', 'PlatformNotSupported' }
        memfd_create = @{ memfd = 'AccessDenied', 'PlatformNotSupported' }
        # Without the segment that was to be imported, there is one less.
        lseek = @{ import = 'AccessDenied', 'PlatformNotSupported'; full = 'NoSpace 1' }
        shmget = @{ sysv = 'AccessDenied', 'PlatformNotSupported' }
        set_robust_list = @{
            lock = 'PlatformNotSupported'; death = 'PlatformNotSupported'; queue = 'PlatformNotSupported'
        }
    }
    # Sets that runtimes of the last years refuse together, and old kernels lack; PSSHM_FILTERS=all takes each by
    # itself, with either error.
    $sets = @(
        @{ Deny = 'statx,openat2'; Errno = 1 }, @{ Deny = 'statx,openat2,tmpfile,pidfd_open'; Errno = 38 },
        @{ Deny = 'linkat,fallocate'; Errno = 1 }
        @{ Deny = 'process_vm_readv,process_vm_writev,memfd_create,membarrier'; Errno = 1 },
        @{ Deny = 'process_vm_readv,get_robust_list,kcmp,lseek,shmdt'; Errno = 38 }
        @{ Deny = 'shmget,shmat,shmctl,fchmodat,set_robust_list'; Errno = 1 }
        @{ Deny = 'tmpfile,renameat2,fallocate'; Errno = 1 }
    )
    if ($env:PSSHM_FILTERS -eq 'all') {
        $sets = foreach ($deny in 'statx', 'openat2', 'tmpfile', 'linkat', 'renameat2', 'fallocate', 'memfd_create',
            'process_vm_readv,process_vm_writev',
            'membarrier', 'get_robust_list', 'set_robust_list', 'fchmodat', 'kcmp', 'pidfd_open', 'madvise', 'mincore',
            'shmget,shmat,shmctl', 'shmdt', 'lseek', 'fstatfs') {
            foreach ($errno in 1, 38) { @{ Deny = $deny; Errno = $errno } }
        }
    }
    $cases = foreach ($set in $sets) {
        $fails = @{}
        foreach ($call in $without.Keys) { if ($set.Deny -split ',' -contains $call) { $fails += $without[$call] } }
        $set + @{ Fails = $fails; Name = $set.Errno -eq 1 ? 'EPERM' : 'ENOSYS' }
    }
}

BeforeAll {
    . "$PSScriptRoot/Peers.ps1"
    . "$PSScriptRoot/ChildHost.ps1"
}

Describe 'A host whose filter refuses calls' -Tag Compiler,
    Root -Skip:($noCompiler -or [Environment]::UserName -ne 'root') {
    It '<Deny> (<Name>)' -ForEach $cases {
        $said = Invoke-ChildHost -Through unshare, -i, -m, bash, -c,
            'mount -t tmpfs -o size=64m none /dev/shm && exec "$@"', bash, (Get-NativeProgram deny.c), $Errno,
            $Deny -Script @'
            $ErrorActionPreference = 'Stop'
            $steps = [ordered]@{
                posix = { $m = New-ShmSegment /p -Size 12288 -Mode 0640 -Mount; Write-ShmData $m 7; Read-ShmData /p -As Int32 }
                grow = { Resize-ShmSegment /p -Size 20480; perl -e '@s = stat("/dev/shm/p"); printf "%d %o", $s[7], $s[2] & 0777' }
                shrink = { Resize-ShmSegment /p -Size 8192 -Force; perl -e 'print -s "/dev/shm/p"' }
                mode = { Set-ShmSegment /p -Mode 0600; perl -e 'printf "%o", (stat("/dev/shm/p"))[2] & 0777' }
                list = { (Get-ShmSegment -Kind Posix).Name }
                stat = { (Get-ShmStat /p).AttachCount; (Get-ShmStat /p).HolderCount }
                protect = { Set-ShmProtection $m Read -Length 4096; try { Write-ShmData $m 1 } catch { $_.FullyQualifiedErrorId.Split(',')[0] }; Set-ShmProtection $m Read, Write }
                lock = { $null = New-ShmMutex $m 64; Lock-ShmMutex $m 64 -TimeoutSec 1; Unlock-ShmMutex $m 64; Update-ShmValue $m 0 -Add 1 }
                death = {
                    # A thread that ends while it holds one.
                    $space = [runspacefactory]::CreateRunspace(); $space.ThreadOptions = 'UseNewThread'; $space.Open()
                    $thread = [powershell]::Create(); $thread.Runspace = $space
                    $null = $thread.AddScript('$args[0].Lock([timespan]::Zero)').AddArgument((New-ShmMutex $m 128)).Invoke()
                    $thread.Dispose(); $space.Dispose()
                    Lock-ShmMutex $m 128 -TimeoutSec 5 -ErrorAction SilentlyContinue -ErrorVariable died
                    if ($died) { $died[0].FullyQualifiedErrorId.Split(',')[0] }
                    Unlock-ShmMutex $m 128
                }
                semaphore = { $null = New-ShmSemaphore $m 256 -InitialCount 2; Enter-ShmSemaphore $m 256 -TimeoutSec 1; (Get-ShmSemaphore $m 256).Count }
                export = { Export-ShmSegment /p $HOME/p.shm; Export-ShmSegment /p $HOME/p.shm -Force; (Get-ChildItem $HOME -Force -Filter *p.shm*).Name | Sort-Object }
                import = { Import-ShmSegment $HOME/p.shm -Name /i > $null; @(Compare-ShmData /p -DifferenceName /i).Count }
                exists = { try { New-ShmSegment /p -Size 1 } catch { $_.FullyQualifiedErrorId.Split(',')[0] } }
                full = { try { New-ShmSegment /big -Size 1GB } catch { $_.FullyQualifiedErrorId.Split(',')[0] }; (Get-ChildItem /dev/shm -Force).Count }
                truncated = { truncate -s 100 /dev/shm/i; $t = Mount-ShmSegment /i; truncate -s 0 /dev/shm/i; try { Read-ShmData $t -Count 50 } catch { $_.FullyQualifiedErrorId.Split(',')[0] }; $t.Dispose() }
                remove = { $m.Dispose(); Remove-ShmSegment /p, /i; @([IO.Directory]::GetFileSystemEntries('/dev/shm')).Count }
                memfd = { $a = New-ShmSegment -Anonymous -Size 8192 -Seal Shrink -Mount; Write-ShmData $a 7; Read-ShmData $a -As Int32; $a.Dispose() }
                sysv = { $v = New-ShmSegment -Key 0x77 -Size 8192 -Mount; Write-ShmData $v 7; Read-ShmData $v -As Int32; $v.Dispose(); (Get-ShmSegment -Key 0x77).AttachCount; Remove-ShmSegment -Key 0x77 }
                queue = { try { $null = New-ShmQueue /q -Capacity 64KB; Send-ShmMessage /q 5; Receive-ShmMessage /q -TimeoutSec 1 } finally { Remove-ShmSegment /q -ErrorAction Ignore } }
            }
            foreach ($step in $steps.Keys) {
                $got = try { . $steps[$step] } catch { if ("$_" -match '\.\.(\s|$)') { "$_" }; "$($_.FullyQualifiedErrorId.Split(',')[0]): $($_.CategoryInfo.Category)" }
                "${step}: $got"
            }
            "left: $(@([IO.Directory]::GetFileSystemEntries('/dev/shm')).Count)"
            Remove-Item $HOME/p.shm* -Force
'@
        $expected = [ordered]@{
            posix = '7'; grow = '20480 640'; shrink = '8192'; mode = '600'; list = '/p'; stat = '1'
            protect = 'PageProtected'; lock = '7'; death = 'OwnerDied'; semaphore = '1'
            export = 'p.shm p.shm.json'; import = '0'; exists = 'SegmentExists'
            full = 'NoSpace 2'; truncated = 'SegmentTruncated'
            remove = '0'; memfd = '7'; sysv = '7 0'; queue = '5'
        }
        foreach ($step in $expected.Keys) {
            $line = @($said -match "^${step}: ") -replace "^${step}: "
            if ($Fails.ContainsKey($step)) {
                @($line.Split(':'))[0] | Should -BeIn $Fails[$step] -Because "$step cannot work"
            }
            else { $line.Trim() | Should -BeExactly $expected[$step] -Because "$step has a way round" }
        }
        $said[-1] | Should -BeExactly 'left: 0'
    }

    It 'ends nobody where files may have no bytes either (process_vm_*, memfd_create; RLIMIT_FSIZE of 0)' {
        $said = Invoke-ChildHost -Through unshare, -i, (Get-NativeProgram deny.c), 1,
            'process_vm_readv,process_vm_writev,memfd_create' -Script @'
            $m = New-ShmSegment -Private -Size 8192 -Mount -Ephemeral
            $null = New-ShmMutex $m 64
            prlimit --pid $PID --fsize=0:
            Lock-ShmMutex $m 64 -TimeoutSec 1
            (Get-ShmMutex $m 64).Count
            Unlock-ShmMutex $m 64
            Write-ShmData $m 7; Wait-ShmValue $m -Equal 7 -TimeoutSec 1
            $m.Dispose()
            "left $(@(ipcs -m | Where-Object { $_ -match '^0x' }).Count)"
            # The engine itself may write a file at its end.
            [Console]::Out.Flush(); [Diagnostics.Process]::GetCurrentProcess().Kill()
'@
        $said | Should -Be '1', '7', 'left 0'
    }
}
