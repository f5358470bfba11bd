/// <summary>Variance functions.</summary>
module LmmFunctional.Tests.VarianceFormTests

open Expecto
open LmmFunctional.Estimation

let private cases: (string * VarianceForm * float list * (float[] -> float -> float)) list = [
    "group",
    VarianceForm.perGroup [| "a"; "b"; "c" |],
    [ 0.0; 1.0; 2.0 ],
    (fun natural level -> if level = 0.0 then 1.0 else natural[int level - 1])
    "power", VarianceForm.power, [ -2.0; 0.3; 5.0 ], (fun natural v -> abs v ** natural[0])
    "exponential", VarianceForm.exponential, [ -2.0; 0.0; 1.5 ], (fun natural v -> exp (natural[0] * v))
    "constant and power",
    VarianceForm.constantPower,
    [ -2.0; 0.3; 5.0 ],
    (fun natural v -> natural[0] + abs v ** natural[1])
]

[<Tests>]
let tests =
    testList "VarianceFormTests" [
        testPropertyWithConfig
            (Law.tries 30)
            "deviations are as written, and their derivatives those of differences"
            (fun seed ->
                Law.holds [
                    for name, form, values, formula in cases do
                        let tau = FormCases.random seed form.Names.Length 1.0
                        let natural = form.Natural(Jet.constants tau) |> Array.map _.Value
                        yield! Law.nearAll $"{name}: tau" 1e-12 tau (form.Unconstrained natural).Value

                        for value in values do
                            let deviation tau = form.Deviation tau value

                            yield!
                                Law.relative name 1e-12 (formula natural value) (deviation (Jet.constants tau)).Value

                            yield! FormCases.differences name 1e-6 tau (fun tau -> [| deviation tau |])
                ])

        testCase "a covariate of zero leaves the constant" (fun () ->
            let deviation =
                VarianceForm.constantPower.Deviation (Jet.variables [| log 0.7; 0.5 |]) 0.0

            Law.assertHolds [ yield! Law.near "constant" 1e-15 0.7 deviation.Value ])
    ]
