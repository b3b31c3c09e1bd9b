# Segments that others made - Perl, the shell - as Get-ShmSegment shows them.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $prefix = "pst-get-$PID"
    $ids = @(1..3 | ForEach-Object { perl -e 'print shmget(0, 1000 * $ARGV[0], 01600)' $_ })
    $keyed = perl -e 'print shmget(0x70520000 + $ARGV[0] % 65536, 4096, 01640)' $PID
    $key = '0x7052{0:x4}' -f ($PID % 65536)
    'b', 'a', 'with space' | ForEach-Object { Set-Content "/dev/shm/$prefix-$_" ('x' * 10) -NoNewline }

    function Complete-Line($Line) {
        [System.Management.Automation.CommandCompletion]::CompleteInput(
            $Line, $Line.Length, $null).CompletionMatches.CompletionText
    }
}

AfterAll {
    $ids + $keyed | ForEach-Object { ipcrm -m $_ }
    Remove-Item "/dev/shm/$prefix*" -ErrorAction Ignore
}

Describe 'Get-ShmSegment' {
    It 'lists both families without parameters' {
        $all = Get-ShmSegment
        @($all | Where-Object { $_.Id -in $ids }).Count | Should -Be 3
        @($all | Where-Object { $_.Name -like "/$prefix*" }).Count | Should -Be 3
    }

    It 'is equal when it is the same segment, whatever has changed on it since' {
        $before = Get-ShmSegment "/$prefix-a"
        chmod 0640 "/dev/shm/$prefix-a"
        $after = Get-ShmSegment "/$prefix-a"
        $after.Mode | Should -Not -Be $before.Mode
        $before -eq $after | Should -BeTrue
        $before -eq (Get-ShmSegment "/$prefix-b") | Should -BeFalse
        $before -in (Get-ShmSegment) | Should -BeTrue
        @(Get-ShmSegment -Id $ids[0], $ids[0], $ids[1] | Sort-Object Id -Unique).Count | Should -Be 2
    }

    It 'equals its stat and what an attachment tells of it, both ways' {
        $segment = Get-ShmSegment "/$prefix-a"
        $mapping = Mount-ShmSegment $segment
        try {
            $stat = Get-ShmStat $segment -WarningAction Ignore
            $attachment = Get-ShmAttachment $segment -WarningAction Ignore
        }
        finally { $mapping.Dispose() }
        $segment -eq $stat | Should -BeTrue
        $stat -eq $segment | Should -BeTrue
        Get-ShmSegment | Should -Contain $stat
        $segment -in (Get-ShmStat -WarningAction Ignore) | Should -BeTrue
        @(Get-ShmSegment) -eq $stat | Should -HaveCount 1
        $segment -eq $attachment.Segment | Should -BeTrue
        # An attachment is a process' hold on a segment, and no segment.
        $segment -eq $attachment | Should -BeFalse
        $stat -eq (Get-ShmSegment "/$prefix-b") | Should -BeFalse
        @{ $segment = 'note' }[$stat] | Should -Be note
    }

    It 'shows what ipcs shows' {
        $segment = Get-ShmSegment -Id $ids[1]
        $row = -split (ipcs -m | Where-Object { (-split $_)[1] -eq $ids[1] })
        $segment.Size | Should -Be $row[4]
        $segment.Owner | Should -Be $row[2]
        $segment.AttachCount | Should -Be $row[5]
        $segment.Size | Should -Be 2000
        $segment.AttachTime | Should -BeNullOrEmpty
    }

    It 'finds a segment by key, however it is written' {
        (Get-ShmSegment -Key $key).Id | Should -Be $keyed
        (Get-ShmSegment -Key ([int]$key)).Id | Should -Be $keyed
        (Get-ShmSegment -Key ([int]$key).ToString()).Id | Should -Be $keyed
        (Get-ShmSegment -Key $key).Mode | Should -Be ([System.IO.UnixFileMode]'UserRead, UserWrite, GroupRead')
    }

    It 'finds a segment by the path and project id of its key' {
        $made = perl -MIPC::SysV=ftok -e 'print shmget(ftok($ARGV[0], 66), 10, 01600)' $PSCommandPath
        (Get-ShmSegment -Path $PSCommandPath -ProjectId 66).Id | Should -Be $made
        ipcrm -m $made
    }

    It 'finds an object by name' {
        $segment = Get-ShmSegment "/$prefix-a"
        $segment.Size | Should -Be 10
        $segment.Inode | Should -Be (stat -c '%i' "/dev/shm/$prefix-a")
        (Get-ShmSegment "/$prefix-with space").Name | Should -BeExactly "/$prefix-with space"
    }

    It 'takes wildcards, with and without the slash, in order' {
        (Get-ShmSegment "/$prefix-?").Name | Should -Be @("/$prefix-a", "/$prefix-b")
        (Get-ShmSegment "$prefix-[ab]").Name | Should -Be @("/$prefix-a", "/$prefix-b")
        Get-ShmSegment "/$prefix-nothing*" -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'takes names from the pipeline, by value and by property' {
        ("/$prefix-a", "/$prefix-b" | Get-ShmSegment).Count | Should -Be 2
        ([pscustomobject]@{ Name = "/$prefix-a" } | Get-ShmSegment).Size | Should -Be 10
        ([pscustomobject]@{ Id = $ids[0] } | Get-ShmSegment).Size | Should -Be 1000
    }

    It 'filters by kind and owner' {
        (Get-ShmSegment -Kind SysV).Kind | Where-Object { $_ -ne 'SysV' } | Should -BeNullOrEmpty
        (Get-ShmSegment -Kind Posix).Kind | Where-Object { $_ -ne 'Posix' } | Should -BeNullOrEmpty
        Get-ShmSegment -Owner 'nobody-of-that-name*' | Should -BeNullOrEmpty
        # A user whom this host does not know is misspelt.
        { Get-ShmSegment -Owner 'nobody-of-that-name' } |
            Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
        @(Get-ShmSegment "/$prefix-a" -Owner ([System.Environment]::UserName)).Count | Should -Be 1
    }

    It 'says what is not there, and goes on' {
        $failed = $null
        $found = Get-ShmSegment "/$prefix-a", "/$prefix-none",
            "/$prefix-b" -ErrorAction SilentlyContinue -ErrorVariable failed
        $found.Count | Should -Be 2
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'SegmentNotFound,*'
        $failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $failed[0].TargetObject | Should -BeExactly "/$prefix-none"
    }

    It 'refuses what is no name, id or key' {
        { Get-ShmSegment '/no/../way' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName*'
        { Get-ShmSegment -Id 2147483647 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        { Get-ShmSegment -Id -1 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        { Get-ShmSegment -Id 'x' -ErrorAction Stop } | Should -Throw -ErrorId 'CannotConvertArgument*'
        { Get-ShmSegment -Key 'zz' -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidKey*'
        { Get-ShmSegment -Key 0x70539999 -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
    }

    It 'completes names, ids and keys that are there' {
        Complete-Line "Get-ShmSegment /$prefix-" | Should -Be @("/$prefix-a", "/$prefix-b", "'/$prefix-with space'")
        Complete-Line "Get-ShmSegment -Id $($ids[0])" | Should -Contain $ids[0]
        Complete-Line "Get-ShmSegment -Key $key" | Should -Be $key
    }

    It 'completes odd names for <Cmdlet> to what means each alone, also once they are typed' -ForEach @(
        @{ Cmdlet = 'Get-ShmSegment' }, @{ Cmdlet = 'Get-ShmStat' }, @{ Cmdlet = 'Mount-ShmSegment -ReadOnly' }
    ) {
        function Find-Completed($Typed) {
            foreach ($text in Complete-Line "$Cmdlet $Typed") {
                foreach ($found in [scriptblock]::Create("$Cmdlet $text").Invoke()) {
                    if ($found -is [PSSharedMemory.ShmMapping]) {
                        $found.Segment.Name
                        Dismount-ShmSegment $found
                    } else { $found.Name }
                }
            }
        }

        $odd = "it's[x]", "it'sx", 'a*b', 'aXb', 'q?m', 'qXm', '$dollar', 'back`tick', 'quo"te', 'semi;colon', '[half' |
            ForEach-Object { "/$prefix-odd-$_" }
        $odd | ForEach-Object { Set-Content -LiteralPath "/dev/shm$_" 'x' -NoNewline }
        try {
            foreach ($quote in '', "'", '"') {
                $names = @(Find-Completed "$quote/$prefix-odd-")
                $names.Count | Should -Be $odd.Count
                $odd | ForEach-Object { $names | Should -Contain $_ }
            }

            foreach ($name in $odd) {
                Find-Completed "'$($name -replace "'", "''")" | Should -Contain $name
            }
        }
        finally {
            $odd | ForEach-Object { Remove-Item -LiteralPath "/dev/shm$_" -ErrorAction Ignore }
        }
    }
}
