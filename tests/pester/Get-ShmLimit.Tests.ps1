# Limits and checks, with /proc/sys, ulimit, df and mount as witnesses.

BeforeAll { Import-Module "$PSScriptRoot/../../out/PSSharedMemory" }

Describe 'Get-ShmLimit' {
    It 'says what the kernel says of <Name>' -TestCases @(
        @{ Name = 'SHMMAX'; File = 'kernel/shmmax' }
        @{ Name = 'SHMALL'; File = 'kernel/shmall' }
        @{ Name = 'SHMMNI'; File = 'kernel/shmmni' }
        @{ Name = 'shm_rmid_forced'; File = 'kernel/shm_rmid_forced' }
        @{ Name = 'vm.max_map_count'; File = 'vm/max_map_count' }
    ) {
        param($Name, $File)
        $limit = @(Get-ShmLimit -Name $Name)
        $limit | Should -HaveCount 1
        $limit[0].Value | Should -Be ([ulong]::Parse((Get-Content "/proc/sys/$File" -Raw).Trim()))
        $limit[0].Source | Should -Be "/proc/sys/$File"
    }

    It 'counts what is used' {
        $before = (Get-ShmLimit SHMMNI).Use
        $made = 1..5 | ForEach-Object { New-ShmSegment -Private -Size 4096 }
        try {
            (Get-ShmLimit SHMMNI).Use | Should -BeGreaterThan ($before - 5)
            (Get-ShmLimit SHMMNI).Use | Should -BeGreaterOrEqual 5
        }
        finally { $made | Remove-ShmSegment }
    }

    It 'knows the room in /dev/shm as df does' {
        $kilobytes = (-split @(df --output=size /dev/shm)[1])[0]
        (Get-ShmLimit '/dev/shm size').Value | Should -Be (1024 * [long] $kilobytes)
        (Get-ShmLimit '/dev/shm size').Unit | Should -Be 'Bytes'
    }

    It 'knows the limits of the process as ulimit does' {
        $said = & sh -c 'ulimit -n'
        (Get-ShmLimit RLIMIT_NOFILE).Value | Should -Be ([ulong]::Parse($said))
        (Get-ShmLimit RLIMIT_NOFILE).Use | Should -BeGreaterThan 3
        @(Get-ShmLimit RLIMIT_*) | Should -HaveCount 3
    }

    It 'knows how many huge pages are set aside, also where none are' {
        foreach ($folder in Get-ChildItem /sys/kernel/mm/hugepages -Directory) {
            $limit = Get-ShmLimit "huge pages $($folder.Name -replace '.*-')"
            $limit.Value | Should -Be (cat "$folder/nr_hugepages")
            $limit.Use | Should -Not -BeNullOrEmpty
        }
    }

    It 'has every line that a failed creation can point to' {
        $names = @(Get-ShmLimit).Name
        'SHMMAX', 'SHMALL', 'SHMMNI', '/dev/shm size', '/dev/shm inodes', 'RLIMIT_MEMLOCK', 'RLIMIT_NOFILE', 'memory' |
            ForEach-Object { $names | Should -Contain $_ }
    }
}

Describe 'A name' {
    It 'that nothing has is an error, a pattern without a match is not: <Cmdlet>' -ForEach @(
        @{ Cmdlet = 'Get-ShmLimit'; Known = 'SHMMNI' }
        @{ Cmdlet = 'Test-ShmHost'; Known = 'ShmMount' }
    ) {
        $found = @(& $Cmdlet nope, $Known -ErrorAction SilentlyContinue -ErrorVariable failed)
        $found.Name | Should -Be $Known
        @($failed).FullyQualifiedErrorId | Should -BeLike 'NameNotFound,*'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failed[0].TargetObject | Should -Be 'nope'
        & $Cmdlet 'nope*' -ErrorAction Stop | Should -BeNullOrEmpty
    }
}

Describe 'Test-ShmHost' {
    It 'makes every check once, and gives a fix for what is not well' {
        $checks = @(Test-ShmHost)
        $checks.Count | Should -BeGreaterThan 10
        foreach ($check in $checks) {
            $check.Detail | Should -Not -BeNullOrEmpty
            # What the kernel shields from root cannot be mended.
            if ($check.Result -ne 'Pass' -and $check.Name -ne 'ProcessVisibility') {
                $check.Fix | Should -Not -BeNullOrEmpty -Because $check.Name
            }
        }
    }

    It 'warns of an object that everybody may write' {
        $segment = New-ShmSegment -Name "/pst-host-$PID" -Size 10 -Mode 0666
        try { (Test-ShmHost WorldWritable).Result | Should -Be 'Warning' } finally { $segment | Remove-ShmSegment }
    }

    It 'warns of much memory that is removed and held' {
        $mapping = New-ShmSegment -Name "/pst-host-$PID" -Size 65MB -Mount
        try {
            Remove-ShmSegment -Name "/pst-host-$PID"
            $check = Test-ShmHost RemovedButHeld
            $check.Result | Should -Be 'Warning'
            $check.Detail | Should -BeLike "*65 MB*pwsh($PID)*"
        }
        finally { $mapping.Dispose() }
    }

    It 'judges a bad /dev/shm as such' -Tag Root -Skip:([Environment]::UserName -ne 'root') {
        . "$PSScriptRoot/ChildHost.ps1"
        $script = @'
            function Say($Name) { $check = Test-ShmHost $Name; [Console]::WriteLine("$Name $($check.Result)") }
            & mount -t tmpfs -o size=64m,mode=0777,noexec tmpfs /dev/shm
            Say ShmSize; Say ShmMode; Say ShmOptions
            & mount -o remount,ro /dev/shm
            Say ShmOptions
            while ((& umount /dev/shm 2>&1 | ForEach-Object { 1 }).Count -eq 0 -and $n++ -lt 9) { }
            Say ShmMount
'@
        $said = @(Invoke-ChildHost $script -Through unshare, -m)
        $said[0..3] | Should -Be @('ShmSize Warning', 'ShmMode Fail', 'ShmOptions Pass', 'ShmOptions Fail')
        $said[4] | Should -Be 'ShmMount Fail'
    }
}
