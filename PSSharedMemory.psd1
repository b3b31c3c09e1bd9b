@{
    RootModule           = 'PSSharedMemory.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '6f0e7a52-6a0f-4f0e-9b1d-0d8a4d2f5c31'
    Author               = 'PSSharedMemory maintainers'
    Copyright            = 'Copyright (c) PSSharedMemory maintainers. MIT licence.'
    Description          = 'Shared memory on Linux as cmdlets: System V, POSIX and memfd segments made, mounted, read, written, inspected and cleaned up.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @(
        'Views/ShmAddress.format.ps1xml'
        'Views/ShmAddressRegion.format.ps1xml'
        'Views/ShmAttachment.format.ps1xml'
        'Views/ShmCall.format.ps1xml'
        'Views/ShmDifference.format.ps1xml'
        'Views/ShmField.format.ps1xml'
        'Views/ShmHexLine.format.ps1xml'
        'Views/ShmHostCheck.format.ps1xml'
        'Views/ShmLeak.format.ps1xml'
        'Views/ShmLimit.format.ps1xml'
        'Views/ShmMapping.format.ps1xml'
        'Views/ShmMatch.format.ps1xml'
        'Views/ShmProcess.format.ps1xml'
        'Views/ShmRegion.format.ps1xml'
        'Views/ShmSegment.format.ps1xml'
        'Views/ShmStat.format.ps1xml'
        'Views/ShmType.format.ps1xml'
    )
    RequiredAssemblies   = @('PSSharedMemory.Core.dll', 'PSSharedMemory.dll')
    TypesToProcess       = @('Views/PSSharedMemory.types.ps1xml')
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    CmdletsToExport      = @(
        'Clear-ShmData'
        'Compare-ShmData'
        'Copy-ShmData'
        'Dismount-ShmSegment'
        'Export-ShmSegment'
        'Find-ShmOrphan'
        'Format-ShmHex'
        'Get-ShmAddressSpace'
        'Get-ShmAttachment'
        'Get-ShmLimit'
        'Get-ShmMapping'
        'Get-ShmSegment'
        'Get-ShmStat'
        'Import-ShmSegment'
        'Measure-ShmLeak'
        'Mount-ShmSegment'
        'New-ShmSegment'
        'New-ShmType'
        'Read-ShmData'
        'Register-ShmShouldOperator'
        'Remove-ShmSegment'
        'Resize-ShmSegment'
        'Search-ShmData'
        'Set-ShmAdvice'
        'Set-ShmProtection'
        'Set-ShmSegment'
        'Start-ShmProcess'
        'Test-ShmHost'
        'Trace-ShmCall'
        'Write-ShmData'
    )
    PrivateData          = @{
        PSData = @{
            Tags         = @('SharedMemory', 'IPC', 'SystemV', 'POSIX', 'memfd', 'shm', 'mmap', 'Linux', 'PSEdition_Core')
            LicenseUri   = 'https://opensource.org/license/mit'
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
