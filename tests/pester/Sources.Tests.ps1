# Hosts on which a source of the listings is missing, hidden or closed: /dev/shm, /proc/sysvipc, other users' processes.
# Each listing says so in one record and shows the rest; none shows an empty list as if there were nothing.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noRoot = [Environment]::UserName -ne 'root'
    $noCompiler = -not (Test-Compiler)
    $listings = 'Get-ShmSegment', 'Get-ShmStat', 'Get-ShmStat -Kind Posix', 'Get-ShmHolder', 'Get-ShmAttachment',
        'Get-ShmLimit', 'Find-ShmOrphan -OlderThan 0s', 'Watch-ShmStat -Count 1 -PassThru', 'ConvertTo-ShmMetric'
}

BeforeAll {
    . "$PSScriptRoot/Peers.ps1"
    . "$PSScriptRoot/ChildHost.ps1"
    # A host whose /dev/shm has /a, with a System V segment beside it that everybody may see. Its root runs $Setup, and
    # then what the script gives to Set-Host.
    function Invoke-Host([string] $Setup, [string] $Script, [string[]] $As = @()) {
        @(Invoke-ChildHost -Through (@('unshare', '-i', '-m', '--propagation', 'private', 'bash', '-c',
                    "mount -t tmpfs -o mode=1777 none /dev/shm &&
                head -c 8192 /dev/zero > /dev/shm/a && chmod 666 /dev/shm/a &&
                perl -e 'shmget(0x7, 8192, 01666) // die' && $Setup || exit
                coproc root { while read -r step; do eval ""`$step"" >&2; echo `$?; done; }
                exec 8< /proc/self/fd/`${root[0]} 9> /proc/self/fd/`${root[1]}
                exec ""`$@""", 'bash') + $As) -Script (@'
            function Open-Descriptor($Number, $Access) {
                [IO.FileStream]::new([Microsoft.Win32.SafeHandles.SafeFileHandle]::new($Number, $true), $Access, 1)
            }
            $answers = [IO.StreamReader]::new((Open-Descriptor 8 Read))
            $steps = [IO.StreamWriter]::new((Open-Descriptor 9 Write))
            function Set-Host([string] $Step) {
                $steps.WriteLine($Step); $steps.Flush()
                if ($answers.ReadLine() -ne '0') { throw $Step }
            }
            function Say([string] $What, [scriptblock] $Do) {
                $said = @(& $Do *>&1)
                $errors = $said.Where{ $_ -is [Management.Automation.ErrorRecord] }.FullyQualifiedErrorId -replace ',.*'
                $warnings = $said.Where{ $_ -is [Management.Automation.WarningRecord] }
                $rows = $said.Where{
                    $_ -isnot [Management.Automation.ErrorRecord] -and $_ -isnot [Management.Automation.WarningRecord]
                }
                "${What}: $errors| $($warnings.Count)| $($rows.Label | Sort-Object -Unique)"
            }
            function Say-All {
                foreach ($command in 'Get-ShmSegment', 'Get-ShmStat', 'Get-ShmStat -Kind Posix', 'Get-ShmHolder',
                    'Get-ShmAttachment', 'Get-ShmLimit', 'Find-ShmOrphan -OlderThan 0s',
                    'Watch-ShmStat -Count 1 -PassThru', 'ConvertTo-ShmMetric') {
                    Say $command ([scriptblock]::Create($command))
                }
                Test-ShmHost 3> $null | ForEach-Object { "$($_.Name) $($_.Result)" }
            }
'@ + "`n$Script"))
    }

    # One host that changes under one process of a user, because starting pwsh takes seconds. '== name' begins the
    # output of each.
    $parts = @{}
    if ([Environment]::UserName -eq 'root') {
        switch -Regex (Invoke-Host true -As setpriv, --reuid=65534, --clear-groups -Script @'
            function Say-SysV {
                $m = New-ShmSegment -Private -Size 12288 -Mount
                Say 'Get-ShmSegment' { Get-ShmSegment -Kind SysV }
                $s = Get-ShmSegment -Key 7
                $first = Read-ShmData -Id $s.Id -As Int32
                "$($s.Size) [$($s.Allocated)] $($s.UnixMode) $($s.CreatorProcessId -gt 0) $first"
                $stat = Get-ShmStat $m
                "$($stat.AttachCount) $($stat.HolderCount) $("$($stat.HolderProcessIds)" -eq $PID)"
                "$((Get-ShmLimit 'System V listed').Use) $((Test-ShmHost SysV).Result)"
                Remove-ShmSegment -Id $m.Segment.Id
                Say 'after' { Get-ShmSegment -Id $m.Segment.Id }
                $m.Dispose()
                Say 'gone' { Get-ShmSegment -Id $m.Segment.Id }
            }
            function Say-Limits {
                foreach ($name in '*', 'SHM*', 'vm.*', 'memory', 'huge*', 'RLIMIT_*', '/dev/shm size') {
                    Say $name { Get-ShmLimit $name }
                }
            }
            function Say-Leaks {
                Say leaks {
                    Measure-ShmLeak {
                        $script:id = (New-ShmSegment -Private -Size 4096).Id
                        $script:held = New-ShmSegment -Anonymous -Label left -Size 4096 -Mount
                    }
                    if (-not $id) { 'The block did not run.' }
                }
                Remove-ShmSegment -Id $id; $held.Dispose()
            }
            '== plain'; Say-Limits
            '== an empty file over the table'
            Set-Host 'mount --bind /dev/null /proc/sysvipc/shm'; Say-SysV
            '== processes only in /proc'
            Set-Host 'umount /proc/sysvipc/shm && mount -t proc -o subset=pid proc /proc'; Say-SysV
            '== hidden settings'; Say-Limits; "RmidForced $((Test-ShmHost RmidForced).Result)"
            '== hidden huge pages'
            Set-Host 'umount -l /proc && mount -t tmpfs -o mode=755 none /sys'; Say-Limits
            '== emptied huge pages'; Set-Host 'mkdir -p /sys/kernel/mm/hugepages'; Say-Limits
            '== closed huge pages'; Set-Host 'chmod 700 /sys/kernel'; Say-Limits
            '== huge pages that the kernel lacks'; Set-Host 'chmod 755 /sys/kernel; rmdir /sys/kernel/mm/*'; Say-Limits
            '== closed'
            Set-Host 'umount /sys && chmod 700 /dev/shm && mount -t proc -o hidepid=2 proc /proc'; Say-All; Say-Leaks
            '== missing'
            Set-Host 'umount -l /proc && mount -t tmpfs none /dev'
            Set-Host 'for n in null:3 zero:5 random:8 urandom:9; do mknod -m 666 /dev/${n%:*} c 1 ${n#*:}; done'
            $null = Get-ShmNamespace 3> $null; $null = Get-ShmHolder 2> $null 3> $null
            Say-All; Say-Leaks
            Say 'Get-ShmLimit /dev/shm*' { Get-ShmLimit '/dev/shm*' }
            Say 'Get-ShmLimit SHMMNI' { Get-ShmLimit SHMMNI }
'@) {
            '^== (.*)' { $part = $parts[$Matches[1]] = [System.Collections.Generic.List[string]]::new(); continue }
            default { $part.Add($_) }
        }
    }
}

Describe 'A host without /dev/shm' -Tag Root -Skip:$noRoot {
    BeforeAll { $said = $parts['missing'] }

    It 'is told once by <_>, which shows the rest' -ForEach $listings {
        @($said -match "^${_}: ") | Should -HaveCount 1
        $line = "$($said -match "^${_}: ")"
        $line | Should -BeLike "${_}: PlatformNotSupported| *"
        if ($_ -in 'Get-ShmSegment', 'Get-ShmStat', 'Find-ShmOrphan -OlderThan 0s') { $line | Should -BeLike '*| id *' }
    }

    It 'is told where its limits are asked for, and not where others are' {
        $said | Should -Contain 'Get-ShmLimit /dev/shm*: PlatformNotSupported| 0| '
        $said | Should -Contain 'Get-ShmLimit SHMMNI: | 0| '
    }

    It 'passes no check of what is not there: <_>' -ForEach 'ShmMount', 'ShmMode', 'ShmSize', 'ShmOptions' {
        $said | Should -Contain "$_ Fail"
    }

    It 'warns in the checks of what is in it: <_>' -ForEach 'ShmContents', 'ShmBalance' {
        $said | Should -Contain "$_ Warning"
    }

    It 'passes the checks of System V' { $said | Should -Contain 'SysV Pass' }
}

Describe 'A host where /dev/shm is closed to a user and /proc hides processes' -Tag Root -Skip:$noRoot {
    BeforeAll { $said = $parts['closed'] }

    It 'is told by <_>, which shows the rest' -ForEach $listings {
        $line = "$($said -match "^${_}: ")"
        $line | Should -BeLike "${_}: AccessDenied| *"
        if ($_ -in 'Get-ShmSegment', 'Get-ShmStat') { $line | Should -BeLike '*| id *' }
    }

    It 'is told by one warning of Find-ShmOrphan what could not be judged' {
        $said | Should -Contain 'Find-ShmOrphan -OlderThan 0s: AccessDenied| 1| '
    }

    It 'still checks the rest' {
        @($said -match ' (Pass|Warning|Fail)$') | Should -HaveCount 17
        foreach ($check in 'ShmContents', 'ShmBalance', 'ProcessVisibility') {
            $said | Should -Contain "$check Warning"
        }
    }
}

Describe 'Measure-ShmLeak without a list of /dev/shm' -Tag Root -Skip:$noRoot {
    It 'runs its block, finds the rest, and says once what it could not measure: <Of>' -ForEach @(
        @{ Of = 'closed'; Id = 'AccessDenied' }
        @{ Of = 'missing'; Id = 'PlatformNotSupported' }
    ) {
        @($parts[$Of] -match '^leaks: ') | Should -Match "^leaks: $Id\| 0\| id \d+ memfd:left"
    }
}

Describe 'A limit of a source that is hidden or closed' -Tag Root -Skip:$noRoot {
    It 'is told in one error where it is asked for, and not where others are: <Of>' -ForEach @(
        @{ Of = 'plain'; Told = '' }
        @{ Of = 'hidden settings'; Told = 'PlatformNotSupported'; At = '*', 'SHM*', 'vm.*', 'memory' }
        @{ Of = 'hidden huge pages'; Told = 'PlatformNotSupported'; At = '*', 'huge*' }
        @{ Of = 'emptied huge pages'; Told = 'PlatformNotSupported'; At = '*', 'huge*' }
        @{ Of = 'closed huge pages'; Told = 'AccessDenied'; At = '*', 'huge*' }
        @{ Of = 'huge pages that the kernel lacks'; Told = '' }
    ) {
        foreach ($name in '*', 'SHM*', 'vm.*', 'memory', 'huge*', 'RLIMIT_*', '/dev/shm size') {
            $id = if ($name -in $At) { $Told } else { '' }
            $parts[$Of] | Should -Contain "${name}: $id| 0| "
        }
    }

    It 'passes no check by what is not known' { $parts['hidden settings'] | Should -Contain 'RmidForced Warning' }
}

Describe 'A host that hides /proc/sysvipc' -Tag Root -Skip:$noRoot {
    It 'lists System V segments all the same: <_>' -ForEach 'an empty file over the table',
        'processes only in /proc' {
        $said = $parts[$_]
        $said[0] | Should -Match '^Get-ShmSegment: \| 0\| id \d+ id \d+$'
        $said[1] | Should -BeExactly '8192 [] rw-rw-rw- True 0'
        $said[2] | Should -BeExactly '1 1 True'
        $said[3] | Should -BeExactly '20480 Warning'
        $said[4] | Should -Match '^after: \| 0\| id \d+'
        $said[5] | Should -BeExactly 'gone: SegmentNotFound| 0| '
    }

    It 'and refuses shmctl is not a host without segments (<Name>)' -Tag Compiler -Skip:$noCompiler -ForEach @(
        @{ Name = 'EPERM'; Errno = 1; Id = 'AccessDenied'; Check = 'Warning' }
        @{ Name = 'ENOSYS'; Errno = 38; Id = 'PlatformNotSupported'; Check = 'Fail' }
    ) {
        $said = Invoke-Host 'mount --bind /dev/null /proc/sysvipc/shm' -As (Get-NativeProgram deny.c), $Errno, shmctl @'
            foreach ($command in 'Get-ShmSegment', 'Get-ShmStat', 'Find-ShmOrphan -OlderThan 0s',
                'Get-ShmLimit System*') {
                Say $command ([scriptblock]::Create($command))
            }
            (Test-ShmHost SysV).Result
'@
        $said | Should -Be "Get-ShmSegment: $Id| 0| /a", "Get-ShmStat: $Id| 0| /a",
            "Find-ShmOrphan -OlderThan 0s: $Id| 0| /a", "Get-ShmLimit System*: $Id| 0| ", $Check
    }
}

Describe 'Test-ShmHost' {
    BeforeAll { Import-Module "$PSScriptRoot/../../out/PSSharedMemory" }

    It 'reads no process for a check that goes by none: <_>' -ForEach 'RemoveIPC', 'ShmMode', 'Limits', 'Tracing',
        'WorldWritable' {
        $said = @(Test-ShmHost $_ -Verbose 4>&1)
        $said.Where{ $_ -is [Management.Automation.VerboseRecord] } | Should -BeNullOrEmpty
        $said.Name | Should -BeExactly $_
    }

    It 'reads them once for those that do' {
        $said = @(Test-ShmHost RemovedButHeld, Proc*, ShmBalance -Verbose 4>&1)
        $said.Where{ $_ -is [Management.Automation.VerboseRecord] } | Should -HaveCount 1
        @($said.Where{ $_ -is [PSSharedMemory.ShmHostCheck] }.Name) | Should -Be 'ShmBalance', 'RemovedButHeld',
            'ProcessVisibility'
    }

    It 'says the same of each by itself as of all' {
        # What other processes hold may change in between: one of several times is enough.
        for ($turn = 0; $turn -lt 5 -and -not $isSame; $turn++) {
            $all = Test-ShmHost | Select-Object Name, Result
            $each = @($all.Name | ForEach-Object { (Test-ShmHost $_).Result })
            $isSame = "$each" -eq "$($all.Result)"
        }
        $each | Should -Be $all.Result
    }
}
