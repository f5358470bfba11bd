/// <summary>Arithmetic of jets, and the maps to the whole line.</summary>
module LmmFunctional.Tests.JetTests

open Expecto
open LmmFunctional.Estimation

let private functions: (string * (Jet[] -> Jet)) list = [
    "sum", (fun x -> x[0] +. x[1] +. x[0])
    "difference", (fun x -> x[2] -. x[0] -. x[2] *. x[1])
    "product", (fun x -> x[0] *. x[2] *. x[1] *. x[0])
    "quotient", (fun x -> x[0] /. Jet.shift 2.0 (Jet.square x[1]))
    "exp", (fun x -> Jet.exp (x[0] *. x[1]))
    "log", (fun x -> Jet.log (Jet.shift 1.5 (Jet.square x[1]) +. x[0] *. x[0]))
    "sqrt", (fun x -> Jet.sqrt (Jet.shift 1.5 (Jet.square x[1]) +. x[2] *. x[2]))
    "sin", (fun x -> Jet.sin (x[0] -. Jet.scale 2.0 x[1]))
    "cos", (fun x -> Jet.cos (Jet.negate x[0] *. x[1]))
    "constant", (fun x -> Jet.number 3.0 *. x[1] +. Jet.number 2.0)
    "correlation", (fun x -> Unconstrained.correlation (x[0] *. x[1]))
    "complement", (fun x -> Unconstrained.complement (x[0] *. x[1]))
    "proportion", (fun x -> Unconstrained.proportion (x[0] *. x[1]))
    "log proportion", (fun x -> Unconstrained.logProportion (x[0] *. x[1]))
    "power", (fun x -> Autoregressive.power x[0] 3)
    "square of a correlation at zero", (fun x -> Autoregressive.power (x[0] -. x[0]) 2)
]

[<Tests>]
let tests =
    testList "JetTests" [
        testPropertyWithConfig (Law.tries 20) "derivatives are those of differences" (fun seed ->
            Law.holds [
                for name, f in functions do
                    yield! FormCases.differences name 1e-6 (FormCases.random seed 3 2.0) (fun x -> [| f x |])
            ])

        testPropertyWithConfig (Law.tries 20) "constants compute the same values" (fun seed ->
            let x = FormCases.random seed 3 2.0

            Law.holds [
                for name, f in functions do
                    let constant = f (Jet.constants x)
                    yield! Law.near name 0.0 (f (Jet.variables x)).Value constant.Value
                    yield! Law.isTrue $"{name} of constants has derivatives" (constant.Support.Length = 0)
            ])

        testPropertyWithConfig (Law.tries 20) "sums of derivatives" (fun seed ->
            let x = FormCases.random seed 3 1.0 |> Jet.variables
            let jet = x[2] *. x[0] +. Jet.exp (x[0] *. x[2])
            let first, second: float[] * float[] = Array.zeroCreate 3, Array.zeroCreate 9
            Jet.addFirst 2.0 first jet
            Jet.addSecond 2.0 3 second jet

            Law.holds [
                yield! Law.nearAll "first" 0.0 (Array.init 3 (fun k -> 2.0 * Jet.derivative k jet)) first
                yield!
                    Law.nearAll
                        "second"
                        0.0
                        (Array.init 9 (fun at -> 2.0 * Jet.secondDerivative (at % 3) (at / 3) jet))
                        second
            ])
    ]
