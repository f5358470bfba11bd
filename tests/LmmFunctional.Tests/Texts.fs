namespace LmmFunctional.Tests

open System
open NUnit.Framework

/// <summary>Exact texts of messages.</summary>
[<RequireQualifiedAccess>]
module Texts =

    /// <summary>Fails unless the messages are those expected, in order.</summary>
    let equal (expected: string list) (found: string list) =
        Assert.That(String.concat "\n" found, Is.EqualTo(String.concat "\n" expected))

    /// <summary>The message of the ArgumentException of a mistake in the program; empty when there is none.</summary>
    let ofMistake (action: unit -> 'result) =
        try
            action () |> ignore
            ""
        with :? ArgumentException as problem ->
            problem.Message
