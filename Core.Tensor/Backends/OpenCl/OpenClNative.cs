using System.Runtime.InteropServices;

namespace Vitrine.Tensors;

/// <summary>
/// The functions of OpenCL that are called (1.2 but for one), as the specification declares them. Handles are pointers, most results a
/// status.
/// </summary>
internal static unsafe partial class OpenClNative
{
    public const uint DeviceTypeProcessor = 2, DeviceTypeGpu = 4, DeviceTypeAll = 0xFFFFFFFF;
    public const uint DeviceType = 0x1000, MaxComputeUnits = 0x1002, MaxWorkGroupSize = 0x1004, SingleFpConfig = 0x101B,
        GlobalMemSize = 0x101F,
        LocalMemSize = 0x1023, DeviceName = 0x102B, DriverVersion = 0x102D, DeviceVersion = 0x102F, Extensions = 0x1030,
        MaxSubgroups = 0x105C, NumericVersion = 0x105E;
    public const uint ProgramBuildLog = 0x1183;
    public const uint CommandStart = 0x1282, CommandEnd = 0x1283; // device time, ns
    public const ulong QueueProfiling = 2;
    public const ulong FusedMultiplyAdd = 1 << 5, CorrectlyRoundedDivideSqrt = 1 << 7; // of SingleFpConfig
    public const uint SubgroupSizeOfLaunch = 0x2033;

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clGetPlatformIDs")]
    public static partial int GetPlatformIds(uint entries, nint* platforms, out uint count);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clGetDeviceIDs")]
    public static partial int GetDeviceIds(nint platform, ulong type, uint entries, nint* devices, out uint count);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clGetDeviceInfo")]
    public static partial int GetDeviceInfo(nint device, uint name, nuint size, void* value, out nuint written);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clCreateContext")]
    public static partial nint CreateContext(nint* properties, uint devices, nint* device, nint notify, nint data, out int status);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clCreateCommandQueue")]
    public static partial nint CreateCommandQueue(nint context, nint device, ulong properties, out int status);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clReleaseCommandQueue")]
    public static partial int ReleaseCommandQueue(nint queue);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clGetEventProfilingInfo")]
    public static partial int GetEventProfilingInfo(nint made, uint name, nuint size, void* value, out nuint written);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clReleaseEvent")]
    public static partial int ReleaseEvent(nint made);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clCreateBuffer")]
    public static partial nint CreateBuffer(nint context, ulong flags, nuint size, void* host, out int status);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clReleaseMemObject")]
    public static partial int ReleaseMemObject(nint buffer);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clEnqueueWriteBuffer")]
    public static partial int EnqueueWriteBuffer(nint queue, nint buffer, uint blocking, nuint offset, nuint size, void* source, uint waits,
        nint* waitList, nint* made);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clEnqueueReadBuffer")]
    public static partial int EnqueueReadBuffer(nint queue, nint buffer, uint blocking, nuint offset, nuint size, void* target, uint waits,
        nint* waitList, nint* made);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clCreateProgramWithSource")]
    public static partial nint CreateProgramWithSource(nint context, uint count, byte** sources, nuint* lengths, out int status);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clBuildProgram", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int BuildProgram(nint program, uint devices, nint* device, string options, nint notify, nint data);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clGetProgramBuildInfo")]
    public static partial int GetProgramBuildInfo(nint program, nint device, uint name, nuint size, void* value, out nuint written);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clCreateKernel", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint CreateKernel(nint program, string name, out int status);

    /// <summary>Of OpenCL 2.1: only devices that say they have subgroups are asked.</summary>
    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clGetKernelSubGroupInfo")]
    public static partial int GetKernelSubgroupInfo(nint kernel, nint device, uint name, nuint inputSize, void* input, nuint size,
        void* value, out nuint written);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clSetKernelArg")]
    public static partial int SetKernelArg(nint kernel, uint index, nuint size, void* value);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clEnqueueNDRangeKernel")]
    public static partial int EnqueueKernel(nint queue, nint kernel, uint dimensions, nuint* offset, nuint* global, nuint* local,
        uint waits, nint* waitList, nint* made);

    [LibraryImport(DriverLibraries.OpenCl, EntryPoint = "clFinish")]
    public static partial int Finish(nint queue);
}
