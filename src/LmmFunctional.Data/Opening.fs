namespace LmmFunctional.Data

open System
open System.IO
open LmmFunctional

/// <summary>Opening the files of users, with words for what can be wrong.</summary>
[<RequireQualifiedAccess>]
module internal Opening =

    // These are IOExceptions too, but say that an assembly is missing: no fault of the data.
    let private isOfAssembly (problem: exn) =
        problem :? FileNotFoundException || problem :? FileLoadException

    /// <summary>What a reader makes of a stream; exceptions of the file system and of the reader become words.</summary>
    /// <param name="kind">What the file should be: a Parquet file.</param>
    /// <param name="source">What to call the data in messages.</param>
    /// <param name="read">Reads; readers of damaged files raise exceptions of any type.</param>
    let reading (kind: string) (source: string) (read: unit -> Result<'data, LmmError list>) =
        let unreadable reason =
            Error [ LmmError.UnreadableFile(source, reason) ]

        try
            read ()
        with
        | :? UnauthorizedAccessException -> unreadable "access is denied; check its permissions."
        | :? OutOfMemoryException -> reraise ()
        | problem when isOfAssembly problem -> reraise ()
        | problem ->
            unreadable $"it is not {kind}, or it is damaged or cut off ({problem.Message.TrimEnd '.'}); write it again."

    /// <summary>What a reader makes of a file.</summary>
    /// <returns>The data set, or: no such file, a directory, no permission, another kind of file, a damaged file, or the
    /// problems of the reader.</returns>
    let file
        (kind: string)
        (path: string)
        (read: Stream -> Result<'data, LmmError list>)
        : Result<'data, LmmError list> =
        if Directory.Exists path then
            Error [ LmmError.UnreadableFile(path, "it is a directory; name a file in it.") ]
        elif not (File.Exists path) then
            Error [ LmmError.FileNotFound path ]
        else
            reading kind path (fun () ->
                use stream = File.OpenRead path
                read stream)
