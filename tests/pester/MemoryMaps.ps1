# What the kernel has mapped in this process, for test files: dot-source this in BeforeAll.

# The areas of /proc/self/maps that lie in a mapping, or in a range; neighbours that are alike are one, as in Regions.
function Get-MapsArea {
    param($Mapping, [long] $Address = $Mapping.Address, [long] $Length = $Mapping.Length)
    $areas = [System.Collections.Generic.List[object]]::new()
    foreach ($line in Get-Content /proc/self/maps) {
        $null =
            $line -match '^(?<start>\w+)-(?<end>\w+) (?<prot>\S{3})(?<share>\S) (?<offset>\w+) \S+ (?<inode>\d+) *(?<path>.*)$'
        $start, $end = [Convert]::ToInt64($Matches.start, 16), [Convert]::ToInt64($Matches.end, 16)
        if ($end -le $Address -or $start -ge $Address + $Length) { continue }
        $last = if ($areas.Count) { $areas[-1] }
        if ($last -and $last.Protection -eq $Matches.prot -and $last.Path -eq $Matches.path) {
            $last.Length += $end - $start
        }
        else {
            $areas.Add([pscustomobject]@{
                Offset = $start - $Address; Length = $end - $start; Protection = $Matches.prot
                Share = $Matches.share; Path = $Matches.path
            })
        }
    }
    $areas
}

# "0 4096 rw-" for each run of pages: what the kernel has, and what the mapping says.
function Get-KernelPicture {
    param($Mapping)
    Get-MapsArea $Mapping | ForEach-Object { "$($_.Offset) $($_.Length) $($_.Protection)" }
}
function Get-BookPicture {
    param($Mapping)
    $Mapping.Regions | ForEach-Object {
        "$($_.Offset) $($_.Length) $([PSSharedMemory.Commands.ShmDisplay]::Protection($_.Protection))"
    }
}

# A field of the area that begins at the address in /proc/self/smaps: VmFlags, KernelPageSize, Locked, ...
function Get-SmapsField {
    param([long] $Address, [string] $Field)
    $start = '{0:x}-' -f $Address
    $isThere = $false
    foreach ($line in Get-Content /proc/self/smaps) {
        if ($line -match '^[0-9a-f]+-[0-9a-f]+ ') { $isThere = $line.StartsWith($start) }
        elseif ($isThere -and $line.StartsWith("${Field}:")) { return $line.Substring($Field.Length + 1).Trim() }
    }
}

# The numbers of this process' descriptors whose links are like the pattern. Others are opened and closed meanwhile.
function Get-DescriptorLike {
    param([string] $Pattern)
    foreach ($line in ls -l "/proc/$PID/fd" 2> $null) {
        if ($line -match ' (\d+) -> (.+)$' -and $Matches[2] -like $Pattern) { [int]$Matches[1] }
    }
}
