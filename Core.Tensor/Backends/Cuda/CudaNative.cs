using System.Runtime.InteropServices;

namespace Vitrine.Tensors;

/// <summary>The functions of the CUDA driver API that are called; nothing of the toolkit. Every result is a status, 0 on success.</summary>
internal static unsafe partial class CudaNative
{
    public const int MultiprocessorCount = 16, CapabilityMajor = 75, CapabilityMinor = 76;
    public const int JitErrorLogBuffer = 5, JitErrorLogBufferSize = 6;
    public const int OutOfMemory = 2;

    /// <summary>
    /// What a status means for us. After the lost ones the driver answers every call alike until the process ends: the context (4, 201,
    /// 709), an uncorrectable memory error (214), the device (46, 101), a kernel's access, time or crash (700, 702, 710, 714 to 719), and
    /// what it cannot name (999).
    /// </summary>
    public static GpuFailure Meaning(int status) => status switch
    {
        OutOfMemory => GpuFailure.OutOfMemory,
        4 or 46 or 101 or 201 or 214 or 700 or 702 or 709 or 710 or (>= 714 and <= 719) or 999 => GpuFailure.Lost,
        _ => GpuFailure.Refused,
    };

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuInit")]
    public static partial int Init(uint flags);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuDriverGetVersion")]
    public static partial int DriverVersion(out int version);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuDeviceGetCount")]
    public static partial int DeviceCount(out int count);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuDeviceGet")]
    public static partial int GetDevice(out int device, int ordinal);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuDeviceGetName")]
    public static partial int DeviceName(byte* name, int length, int device);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuDeviceGetAttribute")]
    public static partial int DeviceAttribute(out int value, int attribute, int device);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuDeviceTotalMem_v2")]
    public static partial int DeviceMemory(out nuint bytes, int device);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuDevicePrimaryCtxRetain")]
    public static partial int RetainContext(out nint context, int device);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuCtxSetCurrent")]
    public static partial int UseContext(nint context);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuCtxSynchronize")]
    public static partial int Synchronize();

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuModuleLoadDataEx")]
    public static partial int LoadModule(out nint module, byte* image, uint options, int* names, void** values);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuModuleGetFunction", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetFunction(out nint function, nint module, string name);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuMemAlloc_v2")]
    public static partial int Allocate(out nint address, nuint bytes);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuMemFree_v2")]
    public static partial int Free(nint address);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuMemcpyHtoD_v2")]
    public static partial int CopyIn(nint target, void* source, nuint bytes);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuMemcpyHtoDAsync_v2")]
    public static partial int CopyInAsync(nint target, void* source, nuint bytes, nint stream);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuMemcpyDtoH_v2")]
    public static partial int CopyOut(void* target, nint source, nuint bytes);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuLaunchKernel")]
    public static partial int Launch(nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, nint stream, void** parameters, void** extra);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuEventCreate")]
    public static partial int CreateEvent(out nint made, uint flags);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuEventRecord")]
    public static partial int RecordEvent(nint made, nint stream);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuEventElapsedTime")]
    public static partial int ElapsedTime(out float milliseconds, nint start, nint end);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuEventSynchronize")]
    public static partial int SynchronizeEvent(nint made);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuEventDestroy_v2")]
    public static partial int DestroyEvent(nint made);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuGetErrorName")]
    public static partial int ErrorName(int status, out nint text);

    [LibraryImport(DriverLibraries.Cuda, EntryPoint = "cuGetErrorString")]
    public static partial int ErrorText(int status, out nint text);
}
