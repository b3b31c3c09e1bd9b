# What remoting, jobs and JSON do to objects: the engine's own serializer is the witness.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $name = "/pst-remote-$PID"
    function Invoke-RoundTrip($Object, [int] $Depth = 1) {
        [Management.Automation.PSSerializer]::Deserialize(
            [Management.Automation.PSSerializer]::Serialize($Object, $Depth))
    }
}

Describe 'Objects that travel' {
    BeforeEach { $segment = New-ShmSegment -Name $name -Size 5000 }

    AfterEach { Remove-Item "/dev/shm$name" -ErrorAction Ignore }

    It 'keeps every property of a segment, and is a segment again' {
        $back = Invoke-RoundTrip $segment
        $back | Should -BeOfType PSSharedMemory.ShmSegment
        # Its age goes on.
        foreach ($property in $segment.psobject.Properties.Name -ne 'Age') {
            $back.$property | Should -Be $segment.$property -Because $property
        }
    }

    It 'mounts and removes what came back' {
        $mapping = Invoke-RoundTrip $segment | Mount-ShmSegment
        $mapping.Length | Should -Be 5000
        $mapping.Dispose()
        Invoke-RoundTrip $segment | Remove-ShmSegment
        Test-Path "/dev/shm$name" | Should -BeFalse
    }

    It 'checks identity after the journey too' {
        $back = Invoke-RoundTrip $segment
        Set-Content "/dev/shm$name-2" 'new' -NoNewline
        Move-Item "/dev/shm$name-2" "/dev/shm$name" -Force
        { $back | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged,*'
    }

    It 'does not take a segment of another host for the one here' {
        $back = Invoke-RoundTrip $segment
        # As Invoke-Command marks what it brings.
        $back.psobject.Properties.Add([psnoteproperty]::new('PSComputerName', 'another.example'))
        { $back | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged,*'
        { Set-ShmSegment -Segment $back -Mode 0666 -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged,*'
        { Start-ShmProcess true -Segment $back -Descriptor 5 -ErrorAction Stop } |
            Should -Throw -ErrorId 'IdentityChanged,*'
        { Copy-ShmData -Name $name -Destination $back -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged,*'
        Test-Path "/dev/shm$name" | Should -BeTrue
        $back.PSComputerName = 'localhost'
        $back | Remove-ShmSegment
        Test-Path "/dev/shm$name" | Should -BeFalse
    }

    Context 'as bags of properties, as over SSH' {
        BeforeAll {
            # What a session without the types of this module makes of an object.
            function ConvertTo-Bag($Object, [string] $ComputerName) {
                $bag = [pscustomobject] @{}
                foreach ($property in $Object.psobject.Properties) {
                    $bag.psobject.Properties.Add([psnoteproperty]::new($property.Name, $property.Value))
                }
                if ($ComputerName) {
                    $bag.psobject.Properties.Add([psnoteproperty]::new('PSComputerName', $ComputerName))
                }
                foreach ($type in @($Object.psobject.TypeNames)[-1..-3]) {
                    $bag.psobject.TypeNames.Insert(0, "Deserialized.$type")
                }
                $bag
            }
        }

        It 'are segments again in the pipeline, with their identity' {
            $bag = ConvertTo-Bag $segment
            $mapping = $bag | Mount-ShmSegment
            $mapping.Length | Should -Be 5000
            $mapping.Dispose()
            ($bag | Get-ShmStat).Name | Should -BeExactly $name
            Set-Content "/dev/shm$name-2" 'new' -NoNewline
            Move-Item "/dev/shm$name-2" "/dev/shm$name" -Force
            { $bag | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged,*'
            { $bag | Write-ShmData -Value 1 -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged,*'
            Get-Content "/dev/shm$name" -Raw | Should -BeExactly 'new'
        }

        It 'are those of their host' {
            $bag = ConvertTo-Bag (Get-ShmStat -Name $name) another.example
            foreach ($use in { $bag | Remove-ShmSegment -ErrorAction Stop },
                { $bag | Set-ShmSegment -Mode 0666 -ErrorAction Stop },
                { $bag | Mount-ShmSegment -ErrorAction Stop }, { $bag | Get-ShmStat -ErrorAction Stop },
                    { $bag | Clear-ShmData -ErrorAction Stop }) {
                $use | Should -Throw -ErrorId 'IdentityChanged,*'
            }
            Test-Path "/dev/shm$name" | Should -BeTrue
        }

        It 'show as what they were' {
            $stat = Get-ShmStat -Name $name
            ([PSSharedMemory.ShmStat] (ConvertTo-Bag $stat)).Label |
                Should -BeExactly $name
            ConvertTo-Bag $stat | Format-Table | Out-String |
                Should -BeLike "*$($stat.Verdict)*$name*" -Because 'the view makes it again'
        }
    }

    It 'keeps a System V segment' {
        $sysv = New-ShmSegment -Private -Size 100
        Invoke-RoundTrip $sysv | Remove-ShmSegment
        { Get-ShmSegment -Id $sysv.Id -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }

    It 'keeps a stat with its holders' {
        $mapping = $segment | Mount-ShmSegment
        try {
            $stat = Get-ShmStat -Name $name
            $back = Invoke-RoundTrip $stat
            $back | Should -BeOfType PSSharedMemory.ShmStat
            $back.Verdict | Should -Be 'InUse'
            $back.HolderCount | Should -Be $stat.HolderCount
            $back.Evidence | Should -Be $stat.Evidence
            $back.Attachments[0].ProcessId | Should -Be $PID
            $back.Attachments[0].Address | Should -Be $stat.Attachments[0].Address
            $back.Attachments[0].Segment.Name | Should -BeExactly $name
            $back.HolderProcessIds | Should -Be $PID
        }
        finally { $mapping.Dispose() }
    }

    It 'keeps limits, checks, regions, ranges and leaks, so that their views show the same' {
        $mapping = $segment | Mount-ShmSegment
        try {
            $records = @(Get-ShmLimit) + @(Test-ShmHost) + @(
                Get-ShmAddressSpace -Kind Shared, Stack | Where-Object { $_.Kind -eq 'Stack' -or $_.Name -ceq $name }) +
                @(Measure-ShmLeak { $null = New-ShmSegment -Name "$name-leak" -Size 100 } |
                    Where-Object Label -CEQ "$name-leak")
            foreach ($type in 'ShmLimit', 'ShmHostCheck', 'ShmAddressRegion', 'ShmLeak') {
                @($records | Where-Object { $_.GetType().Name -eq $type }) | Should -Not -BeNullOrEmpty -Because $type
            }
            foreach ($record in $records) {
                $back = Invoke-RoundTrip $record
                $back.GetType() | Should -Be $record.GetType()
                foreach ($property in $record.psobject.Properties.Name) {
                    "$($back.$property)" | Should -Be "$($record.$property)" -Because "$record has $property"
                }
            }
            $region = @($records | Where-Object { $_ -is [PSSharedMemory.ShmAddressRegion] -and $_.Name -ceq $name })[0]
            [PSSharedMemory.Commands.ShmDisplay]::Region((Invoke-RoundTrip $region)) | Should -BeExactly $name
        }
        finally {
            $mapping.Dispose()
            Remove-Item "/dev/shm$name-leak" -ErrorAction Ignore
        }
    }

    It 'keeps what processes share side by side, with each place' {
        $mapping = $segment | Mount-ShmSegment
        $peer = Start-Peer C
        try {
            $null = Send-Peer $peer "open $name rw"
            $range = @(Get-ShmAddressSpace -ProcessId $peer.Id -SideBySide | Where-Object Name -CEQ $name)[0]
            $back = Invoke-RoundTrip $range
            $back | Should -BeOfType PSSharedMemory.ShmSharedRange
            [PSSharedMemory.Commands.ShmDisplay]::Places($back) |
                Should -BeExactly ([PSSharedMemory.Commands.ShmDisplay]::Places($range))
            $back.Segment.Name | Should -BeExactly $name
        }
        finally { $null = Stop-Peer $peer; $mapping.Dispose() }
    }

    It 'comes back from JSON by a cast' {
        $back = [PSSharedMemory.ShmSegment] (ConvertTo-Json $segment | ConvertFrom-Json)
        foreach ($property in 'Kind', 'Name', 'Size', 'Mode', 'Owner', 'Inode', 'Device', 'Status') {
            $back.$property | Should -Be $segment.$property -Because $property
        }
        $back | Remove-ShmSegment
        Test-Path "/dev/shm$name" | Should -BeFalse
    }

    It 'comes back from a job' {
        $folder = Convert-Path "$PSScriptRoot/../../out/PSSharedMemory"
        $job = Start-Job { Import-Module $using:folder; Get-ShmStat -Name $using:name }
        $back = Receive-Job $job -Wait -AutoRemoveJob
        $back.Name | Should -BeExactly $name
        $back.Verdict | Should -Be 'Unattached'
    }
}

Describe 'What comes back as a bag of properties' {
    BeforeAll {
        $segment = New-ShmSegment "$name-bag" -Size 8KB
        $mapping = Mount-ShmSegment $segment
        Write-ShmData $mapping 0x2a -As Byte
        function Get-View($Object) {
            $style = $PSStyle.OutputRendering
            $PSStyle.OutputRendering = 'PlainText'
            try { Invoke-RoundTrip $Object | Out-String -Width 100 } finally { $PSStyle.OutputRendering = $style }
        }
    }

    AfterAll {
        $mapping.Dispose()
        Remove-ShmSegment $segment
    }

    It 'shows in its view what it still says' {
        Get-View (Get-ShmHolder $segment.Name -WarningAction Ignore) | Should -Match "$PID .*$($segment.Name)"
        Get-View $mapping | Should -Match "rw- .*$($segment.Name)"
        Get-View (Search-ShmData $mapping ([byte] 0x2a)) | Should -Match '0x00000000 +1 2a '
        (Get-View (Format-ShmHex $mapping -Length 20)) -split "`n" |
            Should -Contain '00000010: 00 00 00 00                                      ....'
        Get-View (New-ShmType 'struct order { int id; char name[8]; };') | Should -Match '(?s)order: 12 bytes.*id.*name'
        Get-View (Show-ShmMap $mapping) | Should -Match '(?s)8 KB, pages of 4 KB.*8192 bytes at 0: Resident'
        Get-View (Get-ShmOrigin 'PSSharedMemory queue') | Should -Match 'PSSharedMemory queue magic 0: 5053484d'
    }
}

Describe 'What is handed to a job' {
    It 'leads a queue and a dictionary to what they were, also from a table' {
        $queue = New-ShmQueue "$name.q" -Capacity 4KB
        $dictionary = New-ShmDictionary "$name.d" -Capacity 64KB
        try {
            $dictionary['key'] = 'value'
            $bag = Invoke-RoundTrip $queue
            Send-ShmMessage $bag 'one'
            $queue | Select-Object Name, Count | ConvertTo-Csv | ConvertFrom-Csv | Receive-ShmMessage -TimeoutSec 5 |
                Should -BeExactly 'one'
            Wait-ShmDictionaryKey (Invoke-RoundTrip $dictionary.Segment) key -TimeoutSec 5 | Should -BeExactly 'value'
            Wait-ShmDictionaryKey ($dictionary.Segment | Select-Object Name) key -TimeoutSec 5 |
                Should -BeExactly 'value'
        }
        finally {
            $queue.Dispose()
            $dictionary.Dispose()
            Remove-ShmSegment "$name.q", "$name.d"
        }
    }

    It 'takes no entry of a dictionary for the name of a segment: <_>' -ForEach @(
        { $copy | Remove-ShmSegment -ErrorAction Stop }
        { Remove-ShmSegment $copy -ErrorAction Stop }
        { Remove-ShmSegment @($copy) -ErrorAction Stop }
        { Remove-ShmSegment -InputObject $copy -ErrorAction Stop }
        { Dismount-ShmSegment $copy -ErrorAction Stop }
        { $copy | Set-ShmSegment -Mode 0666 -ErrorAction Stop }
        { $copy | New-ShmSegment -Size 4KB -ErrorAction Stop }
        { Wait-ShmDictionaryKey $copy Name -TimeoutSec 0 -ErrorAction Stop }
        { Receive-ShmMessage $copy -TimeoutSec 0 -ErrorAction Stop }
    ) {
        $mapping = New-ShmSegment "$name.other" -Size 4KB -Mount
        $dictionary = New-ShmDictionary "$name.d" -Capacity 64KB
        try {
            $dictionary['Name'] = "$name.other"
            $copy = Invoke-RoundTrip $dictionary
            $copy.Name | Should -BeExactly "$name.other"
            $_ | Should -Throw -ErrorId 'InvalidName,*'
            $mapping.IsMounted | Should -BeTrue
            # A table of one's own is a row.
            @{ Name = "$name.other" } | Remove-ShmSegment
            Test-Path "/dev/shm$name.other" | Should -BeFalse
        }
        finally {
            $mapping, $dictionary | ForEach-Object Dispose
            Remove-ShmSegment "$name.[do]*"
        }
    }

    It 'says what to do about a type, which stays behind' {
        $null = New-ShmSegment $name -Size 4KB
        try {
            $type = Invoke-RoundTrip (New-ShmType 'struct pair { int a, b; };')
            $failed = { Read-ShmData $name -As $type } | Should -Throw -PassThru
            $failed.FullyQualifiedErrorId | Should -BeLike 'CannotConvertArgument,*'
            "$failed" | Should -BeLike '*New-ShmType*declaration*'
        }
        finally { Remove-ShmSegment $name }
    }

    It 'shows addresses of a mapping in hexadecimal among other objects too' {
        $segment = New-ShmSegment $name -Size 4KB
        $mapping = Mount-ShmSegment $segment
        try { $segment, (Invoke-RoundTrip $mapping) | Out-String | Should -Match "Address *: $($mapping.HexAddress)" }
        finally {
            $mapping.Dispose()
            Remove-ShmSegment $segment
        }
    }
}
