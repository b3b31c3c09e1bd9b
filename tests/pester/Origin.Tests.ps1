# Whose memory it is: told with what it is known by, never a reason to remove anything.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $prefix = "pst-origin-$PID"
    function Find-Mine { @(Find-ShmOrphan -OlderThan 0s | Where-Object Name -CLike "/$prefix*").Name }
}

Describe 'The origin of a segment' {
    AfterEach { Get-ShmSegment "/$prefix*" | Remove-ShmSegment }

    It 'is told by name, with its certainty' {
        $null = New-Item "/dev/shm/PostgreSQL.$PID$PID" -Value 'other bytes'
        try {
            $origin = (Get-ShmSegment "PostgreSQL.$PID$PID").Origin
            "$origin" | Should -BeExactly 'PostgreSQL (Name)'
            $origin.Release | Should -Match '\.$'
            $said = "/dev/shm/PostgreSQL.$PID$PID" | Get-ShmOrigin
            $said.Name, $said.Certainty, $said.Label | Should -BeExactly 'PostgreSQL', 'Name', "/PostgreSQL.$PID$PID"
            # The first bytes of the server's own table of segments.
            [IO.File]::WriteAllBytes("/dev/shm/PostgreSQL.$PID$PID", [byte[]] (0x32, 0x3d, 0x50, 0x9a, 0, 0, 0, 0))
            (Get-ShmSegment "PostgreSQL.$PID$PID").Origin.Certainty | Should -Be 'Magic'
        }
        finally { Remove-Item "/dev/shm/PostgreSQL.$PID$PID" -ErrorAction Ignore }
    }

    It 'is told by what it begins with, and looking leaves no sign of use' {
        $queue = New-ShmQueue "$prefix-q" -Capacity 64KB
        $queue.Dispose()
        # An access time that the next read would renew.
        touch -a -d '2 hours ago' "/dev/shm/$prefix-q"
        $before = stat -c '%x' "/dev/shm/$prefix-q"
        "$((Get-ShmSegment "$prefix-q").Origin)" | Should -BeExactly 'PSSharedMemory queue (Magic)'
        stat -c '%x' "/dev/shm/$prefix-q" | Should -BeExactly $before
    }

    It 'is unknown where nothing tells' {
        $segment = New-ShmSegment "$prefix-x" -Size 4KB
        $segment.Origin | Should -BeNullOrEmpty
        $said = $segment | Get-ShmOrigin
        $said.Certainty | Should -Be 'Unknown'
        "$said" | Should -BeExactly ''
    }

    It 'of System V is told by key, and by content only if it may be attached' {
        $segment = New-ShmSegment -Private -Size 4KB
        try {
            $mapping = $segment | Mount-ShmSegment
            Write-ShmData $mapping 679834894 -As Int32
            $mapping.Dispose()
            $attached = (Get-ShmSegment -Id $segment.Id).AttachTime
            Wait-Condition { [datetime]::UtcNow -gt $attached.ToUniversalTime().AddSeconds(1) }
            ($segment | Get-ShmOrigin).Certainty | Should -Be 'Unknown'
            (Get-ShmSegment -Id $segment.Id).AttachTime | Should -Be $attached
            $said = $segment | Get-ShmOrigin -Attach
            $said.Name, $said.Certainty | Should -BeExactly 'PostgreSQL server', 'Magic'
        }
        finally { $segment | Remove-ShmSegment }
        $keyed = New-ShmSegment -Key 0x4e54504e -Size 96
        try { "$($keyed.Origin)" | Should -BeExactly 'NTP reference clock (Key)' }
        finally { $keyed | Remove-ShmSegment }
    }

    It 'does not put a hostile name on the terminal' {
        $name = "$prefix-`e[31mred"
        Register-ShmOrigin "evil`e[2J" "/$prefix-*"
        $segment = New-ShmSegment -Name "/$name" -Size 4KB
        foreach ($shown in "$($segment.Origin)", ($segment | Get-ShmOrigin | Out-String),
            ($segment | Get-ShmOrigin | Format-List | Out-String),
            (Get-ShmOrigin 'evil*' | Out-String), (Get-ShmOrigin 'evil*' | Format-List | Out-String)) {
            ($shown -replace '\e\[[\d;]*m').Contains("`e") | Should -BeFalse -Because $shown
            $shown.Contains("`e[31mred") -or $shown.Contains("`e[2J") | Should -BeFalse
        }
        (TabExpansion2 'Get-ShmOrigin evil' 18).CompletionMatches |
            ForEach-Object { "$($_.ListItemText)$($_.ToolTip)".Contains("`e") | Should -BeFalse }
        Register-ShmOrigin "evil`e[2J" "/$prefix-nothing"
    }
}

Describe 'The catalogue' {
    It 'is a file beside the module, and what is in it counts' {
        $folder = [IO.Directory]::CreateTempSubdirectory('pst-origin-').FullName
        try {
            cp -r "$PSScriptRoot/../../out/PSSharedMemory" $folder
            $catalogue = Get-Content "$folder/PSSharedMemory/origins.json" -Raw | ConvertFrom-Json
            $catalogue.origins | Where-Object name -EQ 'NCCL' | ForEach-Object { $_.what = 'Changed here.' }
            ConvertTo-Json $catalogue -Depth 5 | Set-Content "$folder/PSSharedMemory/origins.json"
            pwsh -NoProfile -Command "Import-Module $folder/PSSharedMemory; (Get-ShmOrigin NCCL).Description" |
                Should -BeExactly 'Changed here.'
            Set-Content "$folder/PSSharedMemory/origins.json" '{ "format": "something else" }'
            pwsh -NoProfile -Command "Import-Module $folder/PSSharedMemory; try { Get-ShmOrigin NCCL } catch { `$_.FullyQualifiedErrorId }" |
                Should -BeExactly 'InvalidStructure,PSSharedMemory.Commands.GetShmOriginCommand'
        }
        finally { Remove-Item $folder -Recurse -Force }
    }

    It 'lists by name, and says which there is not' {
        (Get-ShmOrigin 'open*').Name | Should -BeExactly 'Open MPI'
        { Get-ShmOrigin nosuch -ErrorAction Stop } | Should -Throw -ErrorId 'NameNotFound,*'
    }
}

Describe 'Register-ShmOrigin' {
    AfterEach { Get-ShmSegment "/$prefix*" | Remove-ShmSegment }

    It 'adds one, and -WhatIf does not' {
        $segment = New-ShmSegment "$prefix-a" -Size 4KB
        Register-ShmOrigin "own $prefix" "$prefix-*" -WhatIf
        $segment.Origin | Should -BeNullOrEmpty
        $added = Register-ShmOrigin "own $prefix" "$prefix-*" -Description 'Frames.' -PassThru
        $added.IsRegistered, $added.Patterns[0] | Should -BeExactly $true, "/$prefix-*"
        "$($segment.Origin)" | Should -BeExactly "own $prefix (Name)"
        # The same name again takes its place.
        Register-ShmOrigin "own $prefix" -Magic 'FRAMES'
        $segment.Origin | Should -BeNullOrEmpty
        Write-ShmData "$prefix-a" 'FRAMES'
        "$($segment.Origin)" | Should -BeExactly "own $prefix (Magic)"
    }

    It 'keeps what a running program takes up again from being an orphan, and nothing else' {
        $null = New-Item "/dev/shm/$prefix-k" -Value x
        Find-Mine | Should -Be "/$prefix-k"
        Register-ShmOrigin "kept $prefix" "$prefix-*"
        Find-Mine | Should -Be "/$prefix-k" -Because 'a name alone changes nothing'
        Register-ShmOrigin "kept $prefix" "$prefix-*" -ProcessName 'no-such-program'
        Find-Mine | Should -Be "/$prefix-k"
        Register-ShmOrigin "kept $prefix" "$prefix-*" -ProcessName ((Get-Content "/proc/$PID/comm" -Raw).Trim())
        Find-Mine | Should -BeNullOrEmpty
        Register-ShmOrigin "kept $prefix" "$prefix-*" -OutlivesUsers
        Find-Mine | Should -BeNullOrEmpty
        Register-ShmOrigin "kept $prefix" "$prefix-nothing"
        Find-Mine | Should -Be "/$prefix-k"
    }

    It 'adds the origins of a file, all or none' {
        $file = [IO.Path]::GetTempFileName()
        try {
            Set-Content $file "{ `"format`": `"PSSharedMemory origins`", `"version`": 1, `"origins`": [ { `"name`": `"file $prefix`", `"names`": [ `"/$prefix-f*`" ] } ] }"
            (Register-ShmOrigin -Path $file -PassThru).Name | Should -BeExactly "file $prefix"
            "$((New-ShmSegment "$prefix-f1" -Size 4KB).Origin)" | Should -BeExactly "file $prefix (Name)"
            Set-Content $file '{ "format": "PSSharedMemory origins", "version": 1, "origins": [ { "name": "half" , "names": ["/half"] }, { "name": "bad", "names": ["bad"] } ] }'
            { Register-ShmOrigin -Path $file -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidStructure,*'
            @(Get-ShmOrigin | Where-Object Name -EQ 'half') | Should -BeNullOrEmpty
            { Register-ShmOrigin -Path "$file.no" -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,*'
        }
        finally { Remove-Item $file -ErrorAction Ignore }
    }

    It 'refuses <Because>' -ForEach @(
        @{ Arguments = @{ Pattern = '/x[' }; Id = 'InvalidStructure'; Because = 'a pattern that is not closed' }
        @{ Arguments = @{ Key = '12z' }; Id = 'InvalidKey'; Because = 'a key that is none' }
        @{ Arguments = @{ Key = '5-4' }; Id = 'InvalidKey'; Because = 'a range without a key' }
        @{ Arguments = @{ Magic = 'abc'; MagicOffset = 4094 }; Id = 'InvalidStructure'
            Because = 'a magic beyond the first page' }
        @{ Arguments = @{ Holder = '*' }; Id = 'InvalidStructure'; Because = 'a holder that is every process' }
        @{ Arguments = @{ Description = 'x' }; Id = 'AmbiguousParameterSet'
            Because = 'what could be known by nothing' }
    ) {
        { Register-ShmOrigin refused @Arguments -ErrorAction Stop } | Should -Throw -ErrorId "$Id,*"
        @(Get-ShmOrigin | Where-Object Name -EQ 'refused') | Should -BeNullOrEmpty
    }
}
