namespace LmmFunctional.Tests

open System
open Expecto

/// <summary>Exact texts of messages.</summary>
[<RequireQualifiedAccess>]
module Texts =

    /// <summary>Fails unless the messages are those expected, in order.</summary>
    let equal (expected: string list) (found: string list) =
        Expect.equal (String.concat "\n" found) (String.concat "\n" expected) "messages"

    /// <summary>The message of the ArgumentException of a mistake in the program; empty when there is none.</summary>
    let ofMistake (action: unit -> 'result) =
        try
            action () |> ignore
            ""
        with :? ArgumentException as problem ->
            problem.Message
