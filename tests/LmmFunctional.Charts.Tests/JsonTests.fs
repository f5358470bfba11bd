/// <summary>JSON values: written and read, joined.</summary>
module LmmFunctional.Charts.Tests.JsonTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional.Charts
open LmmFunctional.Tests

let private texts =
    Gen.elements [ ""; "a"; "with \"quotes\""; "</script>"; "é∑\u2028"; "back\\slash\n" ]

let rec private values size : Gen<Json> =
    let simple =
        Gen.oneof [
            Gen.constant Json.Null
            Gen.elements [ true; false ] |> Gen.map Json.Bool
            ArbMap.defaults
            |> ArbMap.generate<NormalFloat>
            |> Gen.map (fun value -> Json.Number value.Get)
            texts |> Gen.map Json.Text
        ]

    if size <= 1 then
        simple
    else
        let inner = values (size / 3)

        Gen.oneof [
            simple
            inner |> Gen.listOf |> Gen.resize 4 |> Gen.map Json.Array
            Gen.zip texts inner
            |> Gen.listOf
            |> Gen.resize 4
            |> Gen.map (List.distinctBy fst >> Json.Object)
        ]

type JsonValues =
    static member Json() = Gen.sized values |> Arb.fromGen

let private config = {
    FsCheckConfig.defaultConfig with
        arbitrary = [ typeof<JsonValues> ]
        maxTest = 200
}

[<Tests>]
let tests =
    testList "JsonTests" [
        testPropertyWithConfig config "text reads back as the value" (fun (value: Json) ->
            Json.parse (Json.toText value) = value
            && Json.parse (Json.toIndented value) = value)

        testPropertyWithConfig config "text cannot end a script" (fun (value: Json) ->
            not ((Json.toText value).Contains '<'))

        testPropertyWithConfig config "a value joined with itself is itself" (fun (value: Json) ->
            Json.merge value value = value)

        testPropertyWithConfig config "joined members are those of the changes" (fun (a: Json) (b: Json) ->
            match a, b with
            | Json.Object _, Json.Object changes ->
                changes
                |> List.forall (fun (name, change) ->
                    match Json.tryFind name (Json.merge b a), Json.tryFind name a with
                    | Some found, Some own -> found = Json.merge change own
                    | Some found, None -> found = change
                    | None, _ -> false)
            | _ -> Json.merge b a = b)

        testCase "numbers that are not finite are null" (fun () ->
            Check.equal "[null,null,1.5]" (Json.toText (Json.numbers [ nan; infinity; 1.5 ])))

        testCase "a text that is no JSON is refused" (fun () ->
            Expect.throwsT<ArgumentException> (fun () -> Json.parse "{" |> ignore) "the text is cut off")
    ]
