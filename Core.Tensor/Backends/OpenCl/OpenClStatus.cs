namespace Vitrine.Tensors;

/// <summary>What OpenCL's statuses are called and what they mean for us.</summary>
internal static class OpenClStatus
{
    /// <summary>The specification's name.</summary>
    public static string Name(int status) => status switch
    {
        -1 => "CL_DEVICE_NOT_FOUND",
        -2 => "CL_DEVICE_NOT_AVAILABLE",
        -3 => "CL_COMPILER_NOT_AVAILABLE",
        -4 => "CL_MEM_OBJECT_ALLOCATION_FAILURE",
        -5 => "CL_OUT_OF_RESOURCES",
        -6 => "CL_OUT_OF_HOST_MEMORY",
        -7 => "CL_PROFILING_INFO_NOT_AVAILABLE",
        -11 => "CL_BUILD_PROGRAM_FAILURE",
        -14 => "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
        -36 => "CL_INVALID_COMMAND_QUEUE",
        -46 => "CL_INVALID_KERNEL_NAME",
        -52 => "CL_INVALID_KERNEL_ARGS",
        -54 => "CL_INVALID_WORK_GROUP_SIZE",
        -61 => "CL_INVALID_BUFFER_SIZE",
        -9999 => "an illegal access by a kernel (NVIDIA's -9999)",
        _ => $"OpenCL error {status}",
    };

    /// <summary>
    /// A queue of ours is valid and our waits name no event, so an invalid queue and a failed event mean that the driver gave the device
    /// up.
    /// </summary>
    public static GpuFailure Meaning(int status) => status switch
    {
        -4 or -5 or -6 or -61 => GpuFailure.OutOfMemory,
        -2 or -14 or -36 or -9999 => GpuFailure.Lost,
        _ => GpuFailure.Refused,
    };
}
