# One matrix: whatever the module writes, and what PowerShell users have, into every cmdlet. Each pair finds the right
# segment or refuses cleanly: an error record with an id, and nothing touched.

BeforeDiscovery {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $cmdlets = (Get-Command -Module PSSharedMemory -CommandType Cmdlet |
        Where-Object { $_.ImplementingType.IsSubclassOf([PSSharedMemory.Commands.TargetCmdlet]) }).Name |
        ForEach-Object { @{ Cmdlet = $_ } }
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    . "$PSScriptRoot/AnyCmdlet.ps1"
    $base = "pst-pipe-$PID"
    $name = "/$base-it"
    # What no segment changes is asked for once: a check of the host takes half a second.
    $limit = Get-ShmLimit SHMMNI
    $check = Test-ShmHost SysV

    # What a user pipes, each made of the segment of this moment; Right: it stands for that segment.
    function Get-Subject([PSSharedMemory.ShmMapping] $Mapping, [int] $Index) {
        $segment = Get-ShmSegment -LiteralName $name
        $csv = "$TestDrive/list.csv"
        $all = @(
        @{ What = 'ShmSegment'; Object = { $segment }; Right = $true }
        @{ What = 'ShmStat'; Object = { Get-ShmStat $segment }; Right = $true }
        @{ What = 'ShmMapping'; Object = { $Mapping }; Right = $true }
        @{ What = 'ShmAttachment'; Object = {
            Get-ShmAttachment $segment -WarningAction Ignore | Where-Object ProcessId -EQ $PID | Select-Object -First 1
        }; Right = $true }
        @{ What = 'ShmMatch'; Object = { [pscustomobject] @{ Segment = $segment } }; Right = $true }
        @{ What = 'FileInfo'; Object = { Get-Item "/dev/shm$name" }; Right = $true }
        @{ What = 'string'; Object = { $name }; Right = $true }
        @{ What = 'string without slash'; Object = { $name.Substring(1) }; Right = $true }
        @{ What = 'hashtable'; Object = { @{ Name = $name } }; Right = $true }
        @{ What = 'CSV'; Object = { $segment | Export-Csv $csv; Import-Csv $csv }; Right = $true }
        @{ What = 'CSV of two columns'
            Object = { $segment | Select-Object Name, Kind | Export-Csv $csv; Import-Csv $csv }; Right = $true }
        @{ What = 'JSON'; Object = { $segment | ConvertTo-Json -WarningAction Ignore | ConvertFrom-Json }
            Right = $true }
        @{ What = 'JSON of a name'; Object = { '{{"Name":"{0}"}}' -f $name | ConvertFrom-Json }; Right = $true }
        @{ What = 'Select-Object Name, Size'; Object = { $segment | Select-Object Name, Size }; Right = $true }
        @{ What = 'Process'; Object = { Get-Process -Id $PID }; Right = $false }
        @{ What = 'row of a process'; Object = { Get-Process -Id $PID | Select-Object Id, ProcessName }
            Right = $false }
        @{ What = 'int'; Object = { 2147483600 }; Right = $false }
        @{ What = 'number as text'; Object = { '4711' }; Right = $false }
        @{ What = 'date'; Object = { Get-Date }; Right = $false }
        @{ What = 'other file'; Object = { Get-Item $PSCommandPath }; Right = $false }
        @{ What = 'empty object'; Object = { [pscustomobject] @{} }; Right = $false }
        @{ What = 'ShmLimit'; Object = { $limit }; Right = $false }
        @{ What = 'ShmHostCheck'; Object = { $check }; Right = $false }
        @{ What = 'ShmType'; Object = { New-ShmType 'struct t { int a; };' }; Right = $false }
        @{ What = 'null'; Object = { $null }; Right = $false }
        )
        if ($Index -lt $all.Count) { $all[$Index].Object = & $all[$Index].Object; $all[$Index] }
    }

    # Nothing of others changes: their names, sizes, modes and bytes.
    function Get-Others { Get-ChildItem /dev/shm | Where-Object {
        "/$($_.Name)" -ne $name -and $_.Name -ne "$base-other"
    } | ForEach-Object {
        "$($_.Name) $($_.Length) $($_.UnixMode) $((Get-FileHash -LiteralPath $_.FullName).Hash)"
    } }
}

AfterAll {
    Get-ShmMapping | Where-Object { $_.Segment.Name -like "/$base*" } | Dismount-ShmSegment
    Remove-Item "/dev/shm/$base*" -ErrorAction Ignore
}

Describe 'Into <Cmdlet>' -ForEach $cmdlets {
    BeforeAll {
        Set-Content -LiteralPath "/dev/shm/$base-it[1]" 'not me' -NoNewline
        Set-Content "/dev/shm/$base-4711" 'nor me' -NoNewline
    }

    It 'goes the right segment, or nothing' {
        $arguments = Get-CmdletArgument $Cmdlet $TestDrive "$base-other"
        $null = New-ShmSegment "$base-other" -Size 64KB -AllowExisting
        for ($i = 0; $i -lt 25; $i++) {
            Get-ShmMapping | Where-Object { $_.Segment.Name -like "/$base*" } | Dismount-ShmSegment
            Remove-Item "/dev/shm$name" -ErrorAction Ignore
            $null = New-ShmSegment $name -Size 64KB
            $mapping = Mount-ShmSegment $name
            $mapping | Write-ShmData 'xyz'
            if ($Cmdlet -match 'ListItem') { $null = New-ShmList $mapping -Force }
            if ($Cmdlet -match 'Semaphore' -and $Cmdlet -notmatch 'New') { $null = New-ShmSemaphore $mapping 2048 5 }
            if ($Cmdlet -match 'Mutex' -and $Cmdlet -notmatch 'New') {
                $mutex = New-ShmMutex $mapping 1024
                if ($Cmdlet -match 'Unlock') { Lock-ShmMutex $mutex }
            }
            $subject = Get-Subject $mapping $i
            if (-not $subject) { break }
            $others = @(Get-Others)
            $failed = $null
            $written =
                @(try {
                    , $subject.Object |
                        & $Cmdlet @arguments -ErrorAction SilentlyContinue -ErrorVariable failed -WarningAction Ignore
                } catch {
                    $failed = @($_)
                })
            if ($Cmdlet -match 'Unlock') { Unlock-ShmMutex $mutex -ErrorAction Ignore }
            $why = "$($subject.What) into ${Cmdlet}: $failed"
            @(Get-Others) | Should -Be $others -Because $why
            foreach ($one in $failed) {
                $one.FullyQualifiedErrorId | Should -Match '^\w+' -Because $why
                "$($one.Exception)" | Should -Not -Match 'NullReference|InvalidOperationException' -Because $why
            }
            if ($subject.Right) {
                $failed | Should -BeNullOrEmpty -Because $why
                if ($Cmdlet -eq 'Remove-ShmSegment') { Test-Path "/dev/shm$name" | Should -BeFalse -Because $why }
                if ($Cmdlet -eq 'Write-ShmData') {
                    [BitConverter]::ToInt32((Get-Content "/dev/shm$name" -AsByteStream -Raw)[0..3], 0) |
                        Should -Be 42 -Because $why
                }
                if ($Cmdlet -match '^Get-Shm(Segment|Stat)$') { $written.Name | Should -BeExactly $name -Because $why }
                if ($Cmdlet -in 'Get-ShmAttachment', 'Get-ShmHolder') {
                    $written.ProcessId | Should -Contain $PID -Because $why
                }
                if ($Cmdlet -eq 'Mount-ShmSegment') { $written.Segment.Name | Should -BeExactly $name -Because $why }
                if ($Cmdlet -eq 'Dismount-ShmSegment') { $mapping.IsMounted | Should -BeFalse -Because $why }
            }
            elseif ($subject.What -match 'rocess' -and $Cmdlet -in 'Get-ShmAttachment', 'Get-ShmHolder') {
                @($written.ProcessId | Sort-Object -Unique) | Should -Be $PID -Because $why
            }
            elseif ($subject.What -in 'int', 'number as text', 'date' -and
                $Cmdlet -in 'Write-ShmData', 'Add-ShmListItem') { }
            else {
                $failed | Should -Not -BeNullOrEmpty -Because $why
                Test-Path "/dev/shm$name" | Should -BeTrue -Because $why
            }
        }
        $i | Should -Be 25
        $mapping.Dispose()
    }
}

Describe 'Into cmdlets of PowerShell' {
    BeforeAll {
        $null = New-ShmSegment "$base-held" -Size 4KB
        # Another process of the same name, which holds nothing.
        $bystander = Start-Process sleep 60 -PassThru
        $holder = [Diagnostics.Process]::Start('sh', [string[]] ('-c', "exec 9</dev/shm/$base-held; exec sleep 60"))
        Wait-Condition { (Get-ShmAttachment "$base-held" -WarningAction Ignore).Command -contains 'sleep' }
        $attachments = Get-ShmAttachment "$base-held" -WarningAction Ignore
    }

    AfterAll { $bystander.Kill(); $holder.Kill(); $bystander, $holder | ForEach-Object { $_.WaitForExit() } }

    It 'attachments bind by no name' {
        $stopped =
            try { $attachments | Stop-Process -WhatIf -ErrorAction Stop 6>&1 } catch { "$($_.FullyQualifiedErrorId)" }
        "$stopped" | Should -BeLike 'InputObjectNotBound*'
        { $attachments | Get-Process -ErrorAction Stop } | Should -Throw -ErrorId 'InputObjectNotBound*'
        $bystander.HasExited | Should -BeFalse
    }

    It 'holders are stopped by their ids' {
        @(Get-Process -Id (Get-ShmStat "$base-held").HolderProcessIds).Id | Should -Be $holder.Id
    }

    It 'segments stop, list and remove nothing' {
        $segment = Get-ShmSegment "$base-held"
        foreach ($object in $segment, (Get-ShmStat $segment)) {
            { $object | Stop-Process -WhatIf -ErrorAction Stop } | Should -Throw
            { $object | Get-Process -ErrorAction Stop } | Should -Throw
            { $object | Remove-Item -WhatIf -ErrorAction Stop } | Should -Throw
        }
        Test-Path "/dev/shm/$base-held" | Should -BeTrue
    }
}

Describe 'After a piped target, the first position is the cmdlet''s own' {
    BeforeEach { $segment = New-ShmSegment $name -Size 64KB -AllowExisting; Clear-ShmData $segment }

    It 'as in these lines' {
        $segment | Write-ShmData 42
        $segment | Read-ShmData Int32 | Should -Be 42
        $segment | Write-ShmData 7 UInt64 -Offset 8
        $segment | Read-ShmData UInt64 -Offset 8 | Should -Be 7
        $segment | Write-ShmData 'a token' -Offset 100
        ($segment | Search-ShmData token).Offset | Should -Be 102
        $name | Search-ShmData token | Should -HaveCount 1
        $segment | Search-ShmData token | Format-ShmHex | Should -HaveCount 1
        $segment | Set-ShmSegment 0640
        (Get-Item "/dev/shm$name").UnixMode | Should -Be '-rw-r-----'
        ($segment | Resize-ShmSegment 128KB -PassThru).Size | Should -Be 128KB
        $segment | Export-ShmSegment "$TestDrive/out.shm"
        Test-Path "$TestDrive/out.shm" | Should -BeTrue
        $segment | Copy-ShmData -Length 8 "$base-other"
        $mapping = $segment | Mount-ShmSegment
        $mapping | Set-ShmProtection Read
        { $mapping | Write-ShmData 1 -ErrorAction Stop } | Should -Throw -ErrorId 'PageProtected,*'
        $mapping | Set-ShmProtection Read, Write
        $null = $mapping | New-ShmMutex 512
        $mapping | Lock-ShmMutex 512 { 'in the block' } | Should -BeExactly 'in the block'
        Lock-ShmMutex $name -Offset 512 { 'by name' } | Should -BeExactly 'by name'
        $mapping | Dismount-ShmSegment
    }

    It 'and values come from the pipeline, one behind the other' {
        1..4 | Write-ShmData $name
        Read-ShmData $name Int32 -Count 4 | ForEach-Object { $_ } | Should -Be 1, 2, 3, 4
        'text' | Write-ShmData $segment -Offset 100
        Read-ShmData $name CString -Offset 100 | Should -BeExactly 'text'
        8, 9 | Write-ShmData $name -As UInt64 -Offset 200
        Read-ShmData $name UInt64 -Offset 208 | Should -Be 9
        @{ a = 1; b = 2 }, @{ a = 3; b = 4 } | Write-ShmData $name -As 'struct { int a; int b; }'
        Read-ShmData $name Int32 -Count 4 | ForEach-Object { $_ } | Should -Be 1, 2, 3, 4
        $name | Write-ShmData 5
        Read-ShmData $name Int32 | Should -Be 5
        { 1, 'x' | Write-ShmData $name -As Int32 -ErrorAction Stop } | Should -Throw
    }

    It 'and what is missing or too much is said' {
        { $segment | Search-ShmData -ErrorAction Stop } | Should -Throw -ErrorId 'MissingMandatoryParameter,*'
        { $segment | Search-ShmData one two -ErrorAction Stop } | Should -Throw -ErrorId 'PositionalParameterNotFound,*'
        { $segment | Resize-ShmSegment big -ErrorAction Stop } | Should -Throw -ErrorId 'CannotConvertArgument,*'
        { $segment | Read-ShmData -Id 1 -ErrorAction Stop } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
        { Read-ShmData -ErrorAction Stop } | Should -Throw -ErrorId 'MissingMandatoryParameter,*'
    }

    It 'and leaks are removed only where they are segments' {
        $leaks = Measure-ShmLeak { $script:held = New-ShmSegment "$base-leak" -Size 4KB -Mount }
        $failed = $null
        $leaks | Remove-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable failed
        Test-Path "/dev/shm/$base-leak" | Should -BeFalse
        @($failed | Where-Object FullyQualifiedErrorId -NotLike 'NotSupportedByKind,*') | Should -BeNullOrEmpty
        $held.Dispose()
    }
}

Describe 'Into cmdlets that take processes' {
    BeforeAll {
        $segment = New-ShmSegment "$base-process" -Size 4KB -AllowExisting
        $mapping = Mount-ShmSegment $segment
    }

    AfterAll { $mapping.Dispose(); Remove-ShmSegment $segment }

    It 'goes what stands for a process' {
        $started = $segment | Start-ShmProcess sleep 30 -EnvironmentVariable NAME -PassThru
        try {
            foreach ($one in (Get-Process -Id $started.Id), $started, $started.Id, "$($started.Id)",
                [pscustomobject] @{ ProcessId = $started.Id },
                (Get-Process -Id $started.Id | Select-Object Id, ProcessName)) {
                @($one | Get-ShmAddressSpace)[0].ProcessId | Should -Be $started.Id -Because "$one"
            }
        }
        finally { Stop-Process -Id $started.Id }

        $spaces = $mapping | Get-ShmAttachment -WarningAction Ignore | Get-ShmAddressSpace -Kind Shared
        $spaces | ForEach-Object Address | Should -Contain $mapping.Address
    }

    It 'goes no segment, whatever its id is' {
        $sysv = New-ShmSegment -Private -Size 4KB
        try {
            foreach ($one in $sysv, $segment, $mapping, (Get-ShmStat $sysv.Label), [pscustomobject] @{ Id = $PID }) {
                { $one | Get-ShmAddressSpace -ErrorAction Stop } | Should -Throw
                { $one | Trace-ShmCall -TimeoutSec 0.1 -ErrorAction Stop } | Should -Throw
            }
        }
        finally { $sysv | Remove-ShmSegment }
    }

    It 'goes any form of a segment to Start-ShmProcess, and nothing else' {
        foreach ($one in $segment, $mapping, $segment.Name, $segment.Name.Substring(1),
            (Get-Item "/dev/shm$($segment.Name)"),
            (Get-ShmStat $segment), @{ Name = $segment.Name }, ($segment | ConvertTo-Csv | ConvertFrom-Csv)) {
            $process = $one | Start-ShmProcess true -EnvironmentVariable NAME -Wait -PassThru
            $process.Segment.Name | Should -BeExactly $segment.Name -Because "$one"
            $process.ExitCode | Should -Be 0
        }

        foreach ($one in (Get-Process -Id $PID), 4711, (Get-Date)) {
            { $one | Start-ShmProcess true -EnvironmentVariable NAME -ErrorAction Stop } |
                Should -Throw -ErrorId 'InvalidName,*'
        }
    }
}

Describe 'What stands for a segment' {
    It 'leads to it from every type of the module' {
        $mapping = New-ShmSegment "$base-live" -Size 64KB -Mount
        $mapping | Write-ShmData 'needle'
        $calls = Trace-ShmCall perl -ArgumentList '-e', 'open F, "+<", $ARGV[0]; syswrite F, "n"', "/dev/shm/$base-live"
        $leaks = Measure-ShmLeak { $script:leaked = Mount-ShmSegment "$base-live" }
        $live = [ordered] @{
            ShmMatch = Search-ShmData $mapping needle
            ShmLeak = $leaks | Select-Object -First 1
            ShmCall = $calls | Where-Object Call -EQ openat | Select-Object -Last 1
            'ShmCall of a write' = $calls | Where-Object Call -EQ write
            ShmAddressRegion = Get-ShmAddressSpace -Kind Shared | Where-Object { $_.Segment.Name -eq "/$base-live" } |
                Select-Object -First 1
            ShmSegmentSnapshot = Export-ShmSegment $mapping -Path "$TestDrive/live" -PassThru
            ShmMutex = New-ShmMutex $mapping 512
            ShmMutexInfo = Get-ShmMutex $mapping 512
            ShmSemaphore = New-ShmSemaphore $mapping 256
            ShmSemaphoreInfo = Get-ShmSemaphore $mapping 256
            ShmMap = Show-ShmMap $mapping
        }
        foreach ($what in $live.Keys) {
            $live[$what] | Should -Not -BeNullOrEmpty -Because $what
            ($live[$what] | Get-ShmSegment).Name | Should -BeExactly "/$base-live" -Because $what
            ($live[$what] | Get-ShmStat).HolderProcessIds | Should -Contain $PID -Because $what
            { $live[$what] | Stop-Process -WhatIf -ErrorAction Stop } | Should -Throw -Because $what
            { $live[$what] | Get-Process -ErrorAction Stop } | Should -Throw -Because $what
        }

        $queue = New-ShmQueue "$base-queue" -Capacity 4KB
        ($queue | Get-ShmSegment).Name | Should -BeExactly "/$base-queue"
        $dictionary = New-ShmDictionary "$base-dictionary" -Capacity 64KB
        (, $dictionary | Get-ShmSegment).Name | Should -BeExactly "/$base-dictionary"
        $queue, $dictionary, $leaked, $mapping | ForEach-Object { $_.Dispose() }
        # What has no segment is refused.
        { New-ShmType 'struct sleep { int a; };' | Get-ShmSegment -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidName,*'
    }
}

Describe 'A pattern' {
    It 'removes memory, and semaphores only where it says so' {
        $null = New-ShmSegment "$base-swept" -Size 4KB
        Set-Content "/dev/shm/sem.$base-swept" 'x' -NoNewline
        Remove-ShmSegment "*$base-swept"
        Test-Path "/dev/shm/$base-swept" | Should -BeFalse
        Test-Path "/dev/shm/sem.$base-swept" | Should -BeTrue
        Remove-ShmSegment "/sem.*$base-swept"
        Test-Path "/dev/shm/sem.$base-swept" | Should -BeFalse
    }
}

Describe 'Rows of things that have names and are no segments' {
    BeforeDiscovery {
        $things = @(
            @{ What = 'a limit'; Source = { Get-ShmLimit SHMMNI } }
            @{ What = 'a check'; Source = { Test-ShmHost Limits } }
            @{ What = 'an origin'; Source = { Get-ShmOrigin | Select-Object -First 1 } }
            @{ What = 'a type'; Source = { New-ShmType 'struct pst_rows { int pst_row; };' } }
            @{ What = 'a field'; Source = { (New-ShmType 'struct pst_rows { int pst_row; };').Fields } }
        )
    }

    It 'never take a segment of the same name for <What>: as selected, from CSV and from JSON' -ForEach $things {
        $thing = & $Source
        $made = New-ShmSegment $thing.Name -Size 4KB
        try {
            $thing | Export-Csv "$TestDrive/thing.csv"
            foreach ($row in ($thing | Select-Object *), (Import-Csv "$TestDrive/thing.csv"),
                ($thing | ConvertTo-Json -WarningAction Ignore | ConvertFrom-Json)) {
                { $row | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
            }
            "/dev/shm$($made.Name)" | Should -Exist
        }
        finally { $made | Remove-ShmSegment }
    }
}

Describe 'Into New-ShmSegment' {
    BeforeAll { $new = "$base-new" }
    AfterEach {
        Remove-Item "/dev/shm/$new*" -ErrorAction Ignore
        Get-ShmSegment | Where-Object { $_.Key -eq 0x30000000 + $PID } | Remove-ShmSegment
    }

    It 'go names' {
        $made = "$new-a", "/$new-b", "/dev/shm/$new-c" | New-ShmSegment -Size 8KB -Mode 0640
        $made.Name | Should -Be "/$new-a", "/$new-b", "/$new-c"
        stat -c '%s %a' "/dev/shm/$new-a" "/dev/shm/$new-c" | Should -Be '8192 640', '8192 640'
    }

    It 'go rows of <What>, each with its size and mode' -ForEach @(
        @{ What = 'a CSV'; Row = { "Name,Size,Mode`n$new-a,64 KB,0660`n$new-b,4096,rw-r-----" | ConvertFrom-Csv } }
        @{ What = 'JSON'; Row = { "[{'name':'$new-a','size':65536,'mode':'0660'},{'name':'$new-b','size':4096,'mode':640}]" |
                    ConvertFrom-Json } }
        @{ What = 'hashtables'; Row = { @{ Name = "$new-a"; size = 64KB; mode = 0660 }
                @{ Name = "/$new-b"; Size = '4KB'; Mode = '0640' } } }
    ) {
        & $Row | New-ShmSegment
        stat -c '%s %a' "/dev/shm/$new-a" "/dev/shm/$new-b" | Should -Be '65536 660', '4096 640'
    }

    It 'goes a listing <How>: the same again, and never over one that is there' -ForEach @(
        @{ How = 'itself'; Through = { $input } }
        @{ How = 'of a CSV'; Through = { $input | ConvertTo-Csv | ConvertFrom-Csv } }
        @{ How = 'of JSON'; Through = { $input | ConvertTo-Json | ConvertFrom-Json } }
        @{ How = 'of CLIXML'; Through = { [Management.Automation.PSSerializer]::Deserialize(
                    [Management.Automation.PSSerializer]::Serialize(@($input))) } }
    ) {
        $null = New-ShmSegment "$new-a" -Size 12KB -Mode 0604
        $null = New-ShmSegment -Key (0x30000000 + $PID) -Size 4KB -Mode 0600
        Set-Content "/dev/shm/$new-a" ('x' * 12288) -NoNewline
        $listed = @(@(Get-ShmSegment "$new-a"; Get-ShmSegment -Key (0x30000000 + $PID)) | & $Through)
        $listed | New-ShmSegment -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        $failed.FullyQualifiedErrorId | Should -Be @(
            'SegmentExists,PSSharedMemory.Commands.NewShmSegmentCommand'
            'SegmentExists,PSSharedMemory.Commands.NewShmSegmentCommand')
        Get-Content "/dev/shm/$new-a" -Raw | Should -BeExactly ('x' * 12288)
        Remove-ShmSegment "$new-a"
        ipcrm -M (0x30000000 + $PID)
        ($listed | New-ShmSegment).Key | Where-Object { $_ } | Should -Be (0x30000000 + $PID)
        stat -c '%s %a' "/dev/shm/$new-a" | Should -Be '12288 604'
    }

    It 'goes nothing that is no name: <What>' -ForEach @(
        @{ What = 'a process'; Object = { Get-Process -Id $PID } }
        @{ What = 'a file elsewhere'; Object = { Get-Item $PSCommandPath } }
        @{ What = 'a number'; Object = { 7 } }
        @{ What = 'a limit'; Object = { Get-ShmLimit SHMMNI } }
        @{ What = 'a limit from a job'; Object = { [Management.Automation.PSSerializer]::Deserialize(
                    [Management.Automation.PSSerializer]::Serialize((Get-ShmLimit SHMMNI))) } }
        @{ What = 'a memfd'; Object = { New-ShmSegment -Anonymous -Size 4KB } }
        @{ What = 'an empty row'; Object = { [pscustomobject] @{} } }
        @{
            What = 'a private segment'
            Object = { [pscustomobject] @{ Kind = 'SysV'; Label = 'id 3'; Key = 0; Size = 1 } }
        }
        @{ What = 'a list of names in one row'; Object = { [pscustomobject] @{ Name = "$new-a", "$new-b"; Size = 1 } } }
        @{ What = 'a table as a name'; Object = { [pscustomobject] @{ Name = @{ Name = "$new-a" }; Size = 1 } } }
        @{ What = 'a Boolean as a name'; Object = { @{ Name = $true; Size = 1 } } }
        @{ What = 'a name and a key'; Object = { "Name,Key,Size`n$new-a,0x1234,1" | ConvertFrom-Csv } }
        @{ What = 'one of another namespace'
            Object = { [pscustomobject] @{ Name = "/$new-a"; Size = 1; Namespace = 'container abc' } } }
    ) {
        $before = @(Get-ChildItem /dev/shm).Name
        { & $Object | New-ShmSegment -Size 4KB -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidName,PSSharedMemory.Commands.NewShmSegmentCommand'
        @(Get-ChildItem /dev/shm).Name | Should -Be $before
    }

    It 'goes what Select-Object made, here and in a job' {
        $null = New-ShmSegment "$new-a" -Size 12KB -Mode 0640
        $row = Get-ShmSegment "$new-a" | Select-Object Name, Size, Mode
        $back = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($row))
        foreach ($one in $row, $back) {
            Remove-ShmSegment "$new-a"
            $null = $one | New-ShmSegment
            stat -c '%s %a' "/dev/shm/$new-a" | Should -Be '12288 640'
        }
    }

    It 'goes no mode that JSON made a number of, whose digits would be another mode: 0<_>' -ForEach '640', '644', '620' {
        $null = New-ShmSegment "$new-a" -Size 4KB -Mode $_
        $row = Get-ShmSegment "$new-a" | Select-Object Name, Size, Mode | ConvertTo-Json | ConvertFrom-Json
        Remove-ShmSegment "$new-a"
        { $row | New-ShmSegment -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidMode,PSSharedMemory.Commands.NewShmSegmentCommand'
        Test-Path "/dev/shm/$new-a" | Should -BeFalse
    }

    It 'goes on behind what fails, and asks for a size that is missing' {
        $made = "$new-a", '/', "$new-b" | New-ShmSegment -Size 4KB -ErrorAction SilentlyContinue -ErrorVariable failed
        $made.Name | Should -Be "/$new-a", "/$new-b"
        $failed.FullyQualifiedErrorId | Should -Be 'InvalidName,PSSharedMemory.Commands.NewShmSegmentCommand'
        { "$new-c" | New-ShmSegment -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidSize,PSSharedMemory.Commands.NewShmSegmentCommand'
        { @{ Name = "$new-c"; Size = 'much' } | New-ShmSegment -ErrorAction Stop } |
            Should -Throw -ErrorId 'InvalidSize,PSSharedMemory.Commands.NewShmSegmentCommand'
        foreach ($size in $true, (1, 2), (Get-Date)) {
            { @{ Name = "$new-c"; Size = $size } | New-ShmSegment -ErrorAction Stop } |
                Should -Throw -ErrorId 'InvalidSize,PSSharedMemory.Commands.NewShmSegmentCommand'
        }

        "$new-c" | New-ShmSegment -Size 4KB -WhatIf
        Test-Path "/dev/shm/$new-c" | Should -BeFalse
    }
}
