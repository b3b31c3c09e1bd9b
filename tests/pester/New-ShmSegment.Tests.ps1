# What New-ShmSegment makes, seen by ipcs, /dev/shm and stat; what it refuses, and that nothing stays of that.

BeforeDiscovery {
    $badSizes = 0, -1, [long]::MinValue
    $badNames = @(
        @{ Case = 'that is a number'; Bad = '4711' }
        @{ Case = 'that is empty'; Bad = '' }
        @{ Case = 'of only a slash'; Bad = '/' }
        @{ Case = 'with two slashes'; Bad = '/pst/new' }
        @{ Case = 'of a directory above'; Bad = '/pst/../new' }
        @{ Case = 'of a directory'; Bad = '/..' }
        @{ Case = 'with a NUL'; Bad = "/pst`0new" }
        @{ Case = 'of 256 bytes'; Bad = '/' + ('x' * 256) }
        @{ Case = 'of 255 characters and 510 bytes'; Bad = '/' + ('é' * 255) }
    )
    $badModes = '0999', 888, 'rwz------', 'all', '01600', -1
    $badKeys = 'zz', '0x', '0x123456789', 0, 1.5
    $modes = @(
        @{ Mode = '0640'; Shown = 'rw-r-----' }
        @{ Mode = 640; Shown = 'rw-r-----' }
        @{ Mode = 'rw-rw-rw-'; Shown = 'rw-rw-rw-' }
        @{ Mode = [System.IO.UnixFileMode]'UserRead, OtherWrite'; Shown = 'r------w-' }
        @{ Mode = '0777'; Shown = 'rwxrwxrwx' }
    )
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/ChildHost.ps1"
    $name = "/pst-new-$PID"
    $file = "/dev/shm$name"
    $key = '0x7051{0:x4}' -f ($PID % 65536)
}

Describe 'New-ShmSegment' {
    AfterEach {
        Remove-Item $file -Force -ErrorAction Ignore
        ipcs -m | Where-Object { $_ -like "$key *" } | ForEach-Object { ipcrm -M $key }
    }

    Context 'POSIX' {
        It 'makes an object that others find in /dev/shm' {
            $segment = New-ShmSegment $name -Size 64KB

            $segment.Kind | Should -Be 'Posix'
            $segment.Name | Should -BeExactly $name
            $segment.Size | Should -Be 65536
            ([System.IO.FileInfo]$file).Length | Should -Be 65536
        }

        It 'reserves its pages' {
            (New-ShmSegment $name -Size 1MB).Allocated | Should -Be 1MB
            stat -c '%b' $file | Should -Be '2048'
        }

        It 'reserves none with -Sparse' {
            (New-ShmSegment $name -Size 1GB -Sparse).Allocated | Should -Be 0
            stat -c '%b %s' $file | Should -Be "0 $(1GB)"
        }

        It 'gives mode 0600 if none is given' {
            $null = New-ShmSegment $name -Size 1
            stat -c '%a' $file | Should -Be '600'
        }

        It 'takes mode <Mode> exactly, whatever the umask' -ForEach $modes {
            $segment = New-ShmSegment $name -Size 1 -Mode $Mode
            stat -c '%A' $file | Should -Be "-$Shown"
            [PSSharedMemory.Commands.ShmDisplay]::Mode($segment.Mode) | Should -Be $Shown
        }

        It 'does not touch one that exists' {
            Set-Content $file 'mine' -NoNewline
            { New-ShmSegment $name -Size 1MB -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentExists*'
            Get-Content $file -Raw | Should -BeExactly 'mine'
        }

        It 'opens one that exists with -AllowExisting, and never resizes it' {
            Set-Content $file 'mine' -NoNewline
            (New-ShmSegment $name -Size 2 -AllowExisting).Size | Should -Be 4
            Get-Content $file -Raw | Should -BeExactly 'mine'
            { New-ShmSegment $name -Size 5 -AllowExisting -ErrorAction Stop } | Should -Throw -ErrorId 'SizeMismatch*'
        }

        It 'takes a name of 255 bytes' {
            $long = '/' + "pst-$PID-".PadRight(255, 'x')
            (New-ShmSegment $long -Size 1).Name | Should -BeExactly $long
            Test-Path "/dev/shm$long" | Should -BeTrue
            Remove-Item "/dev/shm$long" -ErrorAction Ignore
        }

        It 'makes nothing with -WhatIf' {
            New-ShmSegment $name -Size 1 -WhatIf | Should -BeNullOrEmpty
            Test-Path $file | Should -BeFalse
        }

        It 'binds name, size and mode by property name' {
            [pscustomobject]@{ Name = $name; Size = 10; Mode = '0644' } | New-ShmSegment | Should -Not -BeNullOrEmpty
            stat -c '%s %a' $file | Should -Be '10 644'
        }

        It 'returns the mapping with -Mount' {
            $mapping = New-ShmSegment $name -Size 4KB -Mount
            $mapping | Should -BeOfType ([PSSharedMemory.ShmMapping])
            Get-Content /proc/self/maps -Raw | Should -BeLike "*$file*"
            $mapping.Dispose()
        }
    }

    Context 'System V' {
        It 'makes a segment that ipcs shows, by key' {
            $segment = New-ShmSegment -Key $key -Size 100 -Mode 640
            $row = -split (ipcs -m | Where-Object { $_ -like "$key *" })
            $row[1, 3, 4] | Should -Be @("$($segment.Id)", '640', '100')
            $segment.Kind | Should -Be 'SysV'
            $segment.CreatorProcessId | Should -Be $PID
        }

        It 'makes one by path and project id with the key that Perl makes of them' {
            $segment = New-ShmSegment -Path $PSCommandPath -ProjectId 65 -Size 100
            $perl = perl -MIPC::SysV=ftok -e 'print ftok($ARGV[0], 65)' $PSCommandPath
            $segment.Key | Should -Be ([int]$perl)
            ipcrm -m $segment.Id
        }

        It 'makes a private one without a key' {
            $segment = New-ShmSegment -Private -Size 100
            $segment.Key | Should -Be 0
            @(ipcs -m | Where-Object { (-split $_)[1] -eq $segment.Id }).Count | Should -Be 1
            ipcrm -m $segment.Id
        }

        It 'does not touch one that exists' {
            $first = New-ShmSegment -Key $key -Size 100
            { New-ShmSegment -Key $key -Size 100 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentExists*'
            (New-ShmSegment -Key $key -Size 50 -AllowExisting).Id | Should -Be $first.Id
            { New-ShmSegment -Key $key -Size 101 -AllowExisting -ErrorAction Stop } |
                Should -Throw -ErrorId 'SizeMismatch*'
        }

        It 'is gone with its last attachment if -Ephemeral' {
            $mapping = New-ShmSegment -Key $key -Size 4KB -Mount -Ephemeral
            $id = $mapping.Segment.Id
            ipcs -m | Where-Object { (-split $_)[1] -eq $id } | Should -BeLike '*dest*'
            $mapping.Writer.WriteInt32(0, 7)
            $mapping.Reader.ReadInt32(0) | Should -Be 7
            $mapping.Dispose()
            @(ipcs -m | Where-Object { (-split $_)[1] -eq $id }).Count | Should -Be 0
        }

        It 'never marks for removal what others made: -AllowExisting -Ephemeral, by <_>' -ForEach 'another program',
            'an earlier call' {
            $id = if ($_ -eq 'an earlier call') { (New-ShmSegment -Key $key -Size 4KB).Id }
            else { [int] (perl -e 'print shmget(hex($ARGV[0]), 4096, 01600)' $key) }
            $quietly = @{ WarningVariable = 'said'; WarningAction = 'SilentlyContinue' }
            $mapping = New-ShmSegment -Key $key -Size 4KB -AllowExisting -Ephemeral @quietly
            $mapping.Segment.Id | Should -Be $id
            @($said).Count | Should -Be 1
            ipcs -m | Where-Object { (-split $_)[1] -eq $id } | Should -Not -BeLike '*dest*'
            $mapping.Dispose()
            @(ipcs -m | Where-Object { (-split $_)[1] -eq $id }).Count | Should -Be 1
        }

        It 'removes what it made where it cannot be mounted, and never what others made' {
            $id = [int] (perl -e 'print shmget(hex($ARGV[0]), 4096, 01000)' $key)
            if ([Environment]::UserName -ne 'root') {
                { New-ShmSegment -Key $key -Size 4KB -AllowExisting -Mount -ErrorAction Stop } |
                    Should -Throw -ErrorId 'AccessDenied*'
            }
            { New-ShmSegment -Key $key -Size 8KB -AllowExisting -Ephemeral -ErrorAction Stop } |
                Should -Throw -ErrorId 'SizeMismatch*'
            @(ipcs -m | Where-Object { (-split $_)[1] -eq $id }).Count | Should -Be 1
            ipcs -m | Where-Object { (-split $_)[1] -eq $id } | Should -Not -BeLike '*dest*'
        }
    }

    Context 'what it refuses' {
        It 'size <_> is InvalidSize' -ForEach $badSizes {
            { New-ShmSegment $name -Size $_ -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSize*'
            { New-ShmSegment -Key $key -Size $_ -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSize*'
            { New-ShmSegment -Private -Size $_ -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSize*'
            Test-Path $file | Should -BeFalse
        }

        It 'a name <Case> is InvalidName' -ForEach $badNames {
            $record = { New-ShmSegment $Bad -Size 1 -ErrorAction Stop } |
                Should -Throw -ErrorId 'InvalidName*' -PassThru
            $record.CategoryInfo.Category | Should -Be 'InvalidArgument'
            $record.TargetObject | Should -BeExactly $Bad
        }

        It 'mode <_> is InvalidMode' -ForEach $badModes {
            { New-ShmSegment $name -Size 1 -Mode $_ -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidMode*'
            Test-Path $file | Should -BeFalse
        }

        It 'key <_> is InvalidKey' -ForEach $badKeys {
            { New-ShmSegment -Key $_ -Size 1 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidKey*'
        }

        It 'more than /dev/shm has is NoSpace, and leaves nothing' {
            $record = { New-ShmSegment $name -Size 4TB -ErrorAction Stop } | Should -Throw -ErrorId 'NoSpace*' -PassThru
            $record.CategoryInfo.Category | Should -Be 'ResourceUnavailable'
            Test-Path $file | Should -BeFalse
        }

        It 'more than the host has makes no System V segment' {
            $failed = $null
            New-ShmSegment -Key $key -Size ([long]::MaxValue) -ErrorAction SilentlyContinue -ErrorVariable failed
            $failed[0].FullyQualifiedErrorId.Split(',')[0] | Should -BeIn @('NoSpace', 'LimitReached', 'InvalidSize')
            @(ipcs -m | Where-Object { $_ -like "$key *" }).Count | Should -Be 0
        }

        It 'a path that is not there is InvalidKey' {
            { New-ShmSegment -Path /no/such/file -ProjectId 1 -Size 1 -ErrorAction Stop } |
                Should -Throw -ErrorId 'InvalidKey*'
        }

        It 'huge pages, seals and -Ephemeral in /dev/shm are NotSupportedByKind' {
            { New-ShmSegment $name -Size 2MB -HugePageSize 2MB -ErrorAction Stop } |
                Should -Throw -ErrorId 'NotSupportedByKind*'
            { New-ShmSegment $name -Size 1 -Seal Shrink -ErrorAction Stop } |
                Should -Throw -ErrorId 'NotSupportedByKind*'
            { New-ShmSegment $name -Size 1 -Ephemeral -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
            Test-Path $file | Should -BeFalse
        }

        It 'one bad item, and the good ones are served' {
            $failed = $null
            $made = '/pst/../bad', $name | ForEach-Object { [pscustomobject]@{ Name = $_; Size = 10 } } |
                New-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable failed
            $made.Name | Should -Be $name
            $failed.Count | Should -Be 1
        }
    }
}

Describe 'A segment that was just made' {
    It 'is not said to wait for its removal' {
        $name = "pst-new-status-$PID"
        (New-ShmSegment $name -Size 4KB).Status | Should -Be 'None'
        Remove-ShmSegment $name
    }
}

Describe 'A mode that shuts out its maker' -Tag Root -Skip:([Environment]::UserName -ne 'root') {
    It 'leaves the memory to the mapping that New-ShmSegment made: <_>' -ForEach @(
        '/NAME', '-Key 0x7b3c1d2e', '-Private', '-Private -Ephemeral'
    ) {
        $name = "pst-shut-$PID"
        $said = Invoke-ChildHost -Through setpriv, --reuid=65534, --regid=65534, --clear-groups -Script @"
            `$m = New-ShmSegment $($_.Replace('NAME', $name)) -Size 8192 -Mode 0000 -Mount
            try {
                Write-ShmData `$m 42 -Offset 4096
                Read-ShmData `$m -Offset 4096 -As Int32
                `$m.Segment.UnixMode
                if ('$_' -eq '/NAME') { stat -c %a /dev/shm/$name }
                if ('$_' -notmatch 'Ephemeral') { `$m.Segment | Mount-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable no; (`$no.FullyQualifiedErrorId -split ',')[0] }
            }
            finally { if ('$_' -notmatch 'Ephemeral') { Remove-ShmSegment -Segment `$m.Segment } }
"@
        $more = if ($_ -eq '/NAME') { '0', 'AccessDenied' } elseif ($_ -notmatch 'Ephemeral') { 'AccessDenied' }
        $said | Should -Be (@('42', '---------') + @($more | Where-Object { $_ }))
    }
}
